// What charts are made of: values with their units, shortened names, tooltips, patterns.
const chartParts = (() => {
  'use strict';

  const full = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
  const ruler = document.createElement('canvas').getContext('2d');

  function signed(view, value, format) {
    return format.format(view.is_mirrored ? Math.abs(value) : value).replace('-', '\u2212');
  }

  function valueText(view, value) {
    if (value === null || value === undefined) return 'no value';
    if (view.format === 'percent') return `${(100 * value).toFixed(1)} %`;
    if (view.format === 'rank') return `rank ${value}`;
    return `${signed(view, value, full)} ${view.unit}`.trim();
  }

  function axisText(view, value) {
    if (view.format === 'percent') return `${Math.round(100 * value)} %`;
    return signed(view, value, compact);
  }

  function textWidth(text, font) {
    ruler.font = font;
    return ruler.measureText(text).width;
  }

  function shortened(text, width, font) {
    if (textWidth(text, font) <= width) return text;
    const letters = Array.from(text);
    while (letters.length && textWidth(`${letters.join('')}\u2026`, font) > width) letters.pop();
    return `${letters.join('').trimEnd()}\u2026`;
  }

  // A tooltip is made of elements, never of HTML: names can hold markup.
  function tooltipOf(view, place) {
    const box = document.createElement('div');
    box.className = 'tip';
    const add = (parent, tag, text) => {
      const made = parent.appendChild(document.createElement(tag));
      made.textContent = text;
      return made;
    };
    add(box.appendChild(document.createElement('b')), 'bdi', view.categories[place]);
    const lines = view.series.filter((series) => series.values[place] !== null);
    if (view.format === 'rank') lines.sort((one, other) => one.values[place] - other.values[place]);
    for (const series of lines) {
      const line = box.appendChild(document.createElement('div'));
      if (view.series.length > 1) {
        add(line, 'bdi', series.name);
        line.append(': ');
      }
      line.append(valueText(view, series.values[place]));
    }
    if (!lines.length) add(box, 'div', 'no value');
    return box;
  }

  // Patterns that tell bars apart without their colours: stripes and dots.
  function patternOf(tone, isDark) {
    const color = isDark ? 'rgba(0, 0, 0, 0.3)' : 'rgba(255, 255, 255, 0.45)';
    if (tone === 'down') {
      return { symbol: 'rect', color, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4 };
    }
    if (tone !== 'muted') return null;
    return { symbol: 'circle', color, dashArrayX: [[7, 7], [0, 7, 7, 0]], dashArrayY: [7, 0], symbolSize: 0.7 };
  }

  // Few points have a mark each. Of many, every fourth has one, the last one, and those without neighbours.
  function isMarked(values, place) {
    const isAlone = [place - 1, place + 1].every((near) => values[near] === null || values[near] === undefined);
    return values.length <= 16 || isAlone || (values.length - 1 - place) % 4 === 0;
  }

  // Ranks far below the top ones would leave no room for these.
  function lowestRank(view) {
    const count = view.series.length;
    const ranks = view.series.flatMap((series) => series.values.filter((rank) => rank !== null && rank <= 2 * count));
    return Math.max(count, ...ranks) + 0.5;
  }

  function rankTicks(view) {
    const ticks = [1];
    for (let rank = 5; rank <= lowestRank(view); rank += 5) ticks.push(rank);
    return ticks;
  }

  function isWhole(view) {
    return view.series.every(({ values }) => values.every((value) => value === null || Number.isInteger(value)));
  }

  return {
    valueText, axisText, textWidth, shortened, tooltipOf, patternOf, isMarked, lowestRank, rankTicks, isWhole,
  };
})();
