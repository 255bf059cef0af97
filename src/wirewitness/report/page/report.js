"use strict";
// Filters: a table that has one shows only the rows whose text holds every word typed. A long table shows its
// first rows until its button asks for more; a link into it shows the row it means. Rows beyond those in the
// page are packed in it and made when they are shown. Without this script, or in print, the page's own rows
// are all shown.
const FIRST = 25;
const listings = [];

// The packed rows of a table: a function that gives the value of a field in a row, and the places of the page's
// own rows among all.
const unpack = async (text) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const all = JSON.parse(await new Response(plain).text());
  return { places: all.places, rows: all.rows, value: (name, row) => {
    const column = all.columns[name];
    return column.of ? column.of[column.at[row]] : column[row];
  } };
};

const FIELDS = ["id", "kind", "doubts", "fact", "time", "destination", "consent_short", "masked_note", "steps", "stages",
  "found", "consent", "conditions", "address", "flow", "capture"];

const textOf = (value) => FIELDS.flatMap(value).join(" ").toLowerCase();

const element = (name, text) => {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
};

const hexLines = (rows) => rows.flatMap(([offset, ...columns]) => [
  Object.assign(element("span", offset), { className: "at" }), "  ",
  ...columns.flatMap((runs) => [...runs.map(([text, inside]) => (inside ? element("mark", text) : text)), " "]), "\n",
]);

// A row as the page's own are, from its values; every text goes in as text.
const unfold = (model, value) => {
  const row = model.cloneNode(true);
  row.id = `x-${value("id")}`;
  row.querySelector(".main circle").setAttribute("class", `k-${value("tone")}`);
  for (const place of row.querySelectorAll("[data-f]")) {
    const name = place.dataset.f;
    place.removeAttribute("data-f");
    if (name === "bytes") {
      if (!value("hexes").length) { place.remove(); }
    } else if (name === "no_bytes") {
      if (value("hexes").length) { place.remove(); }
    } else if (name === "steps") {
      place.replaceChildren(...value(name).map((step) => element("li", step)));
    } else if (name === "command") {
      place.textContent = `wirewitness show . ${value("id")}`;
    } else if (name === "hexes") {
      place.replaceChildren(...hexLines(value(name)));
    } else if (name === "doubts") {
      place.replaceWith(...value(name).flatMap((word) => [Object.assign(element("span", word), { className: "doubt" }), " "]));
    } else if (value(name)) {
      place.textContent = value(name);
    } else {
      place.remove();
    }
  }
  return row;
};

for (const box of document.querySelectorAll("[data-filters]")) {
  const name = box.dataset.filters;
  const table = document.getElementById(name);
  const more = document.querySelector(`[data-more="${name}"]`);
  const input = box.querySelector("input");
  const count = box.querySelector("output");
  const step = Number(more?.dataset.step) || Infinity;
  const pinned = new Set();
  let rows = [...table.querySelectorAll("[data-row]")].map((row) => ({ row, text: row.textContent.toLowerCase() }));
  let model = null;
  let bound = more ? FIRST : Infinity;
  let printing = false;
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (one) => words.every((word) => (one.text ??= textOf(one.value)).includes(word));
    const found = words.length ? rows.filter(fits) : rows;
    const limit = words.length ? Math.max(bound, step) : bound;
    const shown = printing ? found.filter((one) => one.row) : found.filter((one, place) => place < limit || pinned.has(one));
    for (const one of rows) { if (one.row) { one.row.hidden = true; } }
    for (const one of shown) {
      one.row ??= unfold(model, one.value);
      one.row.hidden = false;
    }
    if (model) { table.append(...shown.map((one) => one.row)); }
    count.textContent = `${words.length ? found.length : shown.length} / ${rows.length}`;
    if (more) { more.hidden = shown.length >= found.length; }
  };
  more?.addEventListener("click", () => { bound = bound < step ? step : bound + step; apply(); });
  input.addEventListener("input", apply);
  box.hidden = false;
  apply();
  const packed = document.getElementById(`${name}-packed`);
  const ready = packed && typeof DecompressionStream === "function" ? unpack(packed.content.textContent).then((all) => {
    const own = new Map(all.places.map((place, number) => [place, rows[number]]));
    const merged = [];
    let next = 0;
    for (let place = 0; merged.length < own.size + all.rows; place += 1) {
      const number = next;
      if (own.has(place)) {
        merged.push(own.get(place));
      } else if (number < all.rows) {
        merged.push({ value: (name) => all.value(name, number) });
        next += 1;
      }
    }
    rows = merged;
    model = document.getElementById(`${name}-row`).content.querySelector("[data-row]");
    apply();
  }) : Promise.resolve();
  // Shows the row that holds an element, or that will have its id; says whether there is one.
  const reveal = (id) => {
    const target = document.getElementById(id);
    const one = rows.find((each) => (each.row ? target && each.row.contains(target) : `x-${each.value("id")}` === id));
    if (!one) { return false; }
    pinned.add(one);
    input.value = "";
    apply();
    return true;
  };
  const print = (now) => { printing = now; apply(); };
  listings.push({ ready, reveal, print });
}

const follow = async () => {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id) { return; }
  await Promise.all(listings.map((listing) => listing.ready));
  listings.some((listing) => listing.reveal(id));
  const target = document.getElementById(id);
  if (!target) { return; }
  const details = target.querySelector("details");
  if (details && target.matches("[data-row]")) { details.open = true; }
  target.scrollIntoView();
};
addEventListener("hashchange", follow);
follow();
addEventListener("beforeprint", () => {
  for (const listing of listings) { listing.print(true); }
  for (const details of document.querySelectorAll("details")) { details.open = true; }
});
addEventListener("afterprint", () => { for (const listing of listings) { listing.print(false); } });
