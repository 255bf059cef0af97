"use strict";
// Filters: a table that has one shows only the rows whose text holds every word typed. A long table shows its
// first rows until its button, a filter, a link into it or the printer asks for all. Without this script, or in
// print, everything is shown.
const FIRST = 25;
const all = new Set();
const refresh = [];
for (const box of document.querySelectorAll("[data-filters]")) {
  const table = document.getElementById(box.dataset.filters);
  const more = document.querySelector(`[data-more="${box.dataset.filters}"]`);
  const rows = [...table.querySelectorAll("[data-row]")].map((row) => [row, row.textContent.toLowerCase()]);
  const input = box.querySelector("input");
  const count = box.querySelector("output");
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const bound = more && words.length === 0 && !all.has(table) ? FIRST : Infinity;
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = shown >= bound || !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} / ${rows.length}`;
    if (more) { more.hidden = bound === Infinity || rows.length <= FIRST; }
  };
  if (more) { more.addEventListener("click", () => { all.add(table); apply(); }); }
  input.addEventListener("input", apply);
  box.hidden = false;
  refresh.push([table, apply]);
  apply();
}
const showAll = (wanted) => {
  for (const [table, apply] of refresh) {
    if (wanted(table)) { all.add(table); apply(); }
  }
};
const follow = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) { return; }
  showAll((table) => table.contains(target));
  const details = target.querySelector("details");
  if (details && target.matches("[data-row]")) { details.open = true; }
  target.scrollIntoView();
};
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => {
  showAll(() => true);
  for (const details of document.querySelectorAll("details")) { details.open = true; }
});
