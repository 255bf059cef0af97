"use strict";
// Filters: each table that has one shows only the groups (tbody or tr) whose text holds every word typed.
for (const box of document.querySelectorAll("[data-filters]")) {
  const table = document.getElementById(box.dataset.filters);
  const rows = [...table.querySelectorAll("[data-row]")].map((row) => [row, row.textContent.toLowerCase()]);
  const input = box.querySelector("input");
  const count = box.querySelector("output");
  box.hidden = false;
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} / ${rows.length}`;
  };
  input.addEventListener("input", apply);
  apply();
}
// A link to an exposure opens its details; print shows them all.
const open = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.querySelector("details");
  if (details) { details.open = true; }
};
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => { for (const d of document.querySelectorAll("details")) { d.open = true; } });
