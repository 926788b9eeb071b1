// Sorts a table by a column when its title is clicked: numbers from the largest, text from A to Z, then the reverse.
(() => {
  'use strict';

  const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

  function keyOf(row, place) {
    const cell = row.cells[place];
    const number = cell.dataset.sort;
    return number === undefined ? cell.textContent : Number(number);
  }

  // Cells without a number come last in both directions.
  function compare(one, other, sign) {
    const isNumber = [one, other].map((key) => typeof key === 'number');
    if (isNumber[0] !== isNumber[1]) return isNumber[0] ? -1 : 1;
    return sign * (isNumber[0] ? one - other : order.compare(one, other));
  }

  function sort(table, head, place) {
    const first = head.classList.contains('number') ? 'descending' : 'ascending';
    const second = first === 'descending' ? 'ascending' : 'descending';
    const direction = head.getAttribute('aria-sort') === first ? second : first;
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', direction);
    const sign = direction === 'ascending' ? 1 : -1;
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [keyOf(row, place), row]);
    keyed.sort(([one], [other]) => compare(one, other, sign));
    body.append(...keyed.map(([, row]) => row));
  }

  for (const table of document.querySelectorAll('table.sortable')) {
    Array.from(table.tHead.rows[0].cells, (head, place) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => sort(table, head, place));
      return button;
    });
  }
})();
