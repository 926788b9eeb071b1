// Says how old the page is when it is opened, because a saved or bookmarked page can be from another day.
(() => {
  'use strict';

  const HOUR = 3600e3;
  const OLD = 36 * HOUR;
  const built = document.getElementById('built');
  const age = Math.max(Date.now() - Date.parse(built.dateTime), 0);
  const [value, unit] = age < 48 * HOUR ? [Math.round(age / HOUR), 'hour'] : [Math.round(age / (24 * HOUR)), 'day'];
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'always' }).format(-value, unit);
  built.after(` (${value ? words : 'just now'})`);
  if (age > OLD) {
    const note = document.createElement('strong');
    note.className = 'warn';
    note.textContent = 'This page is old: look for a newer one.';
    built.parentElement.append(' ', note);
  }
})();
