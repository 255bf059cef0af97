"use strict";
// Filters: a table that has one shows only the rows whose text holds every word typed. A long table shows its
// first rows until its button asks for more; a link into it shows the row it means. Rows beyond those in the
// page are packed in it and made when they are shown. Without this script, or in print, the page's own rows
// are all shown.
const FIRST = 25;
const listings = [];

// What is packed of a table's rows: a function that gives the value of a field in a row; of the rows themselves, the
// places of the page's own rows among all.
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=:?@^_`{|}~";
const PLACE_OF = new Uint8Array(128);
Array.from(DIGITS).forEach((digit, place) => { PLACE_OF[digit.charCodeAt(0)] = place; });
const bytesOf = (text) => {
  const missing = (5 - (text.length % 5)) % 5;
  const full = text + "~".repeat(missing);
  const view = new DataView(new ArrayBuffer((full.length / 5) * 4));
  for (let at = 0; at < full.length; at += 5) {
    let word = 0;
    for (let place = at; place < at + 5; place += 1) { word = word * 85 + PLACE_OF[full.charCodeAt(place)]; }
    view.setUint32((at / 5) * 4, word);
  }
  return view.buffer.slice(0, view.byteLength - missing);
};

const unpack = async (text) => {
  const bytes = bytesOf(text);
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const all = JSON.parse(await new Response(plain).text());
  return { places: all.places, rows: all.rows, masked: all.masked ? 0xFF : NaN, value: (name, row) => {
    const column = all.columns[name];
    return column.of ? column.of[column.at[row]] : column[row];
  } };
};

const FIELDS = ["id", "kind", "doubts", "fact", "time", "destination", "consent_short", "masked_note", "steps", "stages",
  "found", "confidence", "consent", "conditions", "address", "flow", "capture"];

const textOf = (value) => FIELDS.flatMap(value).join(" ").toLowerCase();

const element = (name, text) => {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
};

// Bytes as the page's own are shown: in rows of 16, a character each; where some are masked, U+00FF is one of those.
const ROW = 16;
const hexByte = (code, masked) => `${code === masked ? "··" : code.toString(16).padStart(2, "0")} `;
const letter = (code, masked) => (code === masked ? "▒" : code >= 0x20 && code < 0x7F ? String.fromCharCode(code) : "·");
const hexLines = (bytes, [begin, start, end], masked) => {
  const lines = [];
  for (let at = 0; at < bytes.length; at += ROW) {
    const stop = Math.min(at + ROW, bytes.length);
    const edges = [start, end].map((edge) => Math.min(Math.max(edge, at), stop));
    lines.push(Object.assign(element("span", (begin + at).toString(16).padStart(6, "0")), { className: "at" }), "  ");
    for (const show of [hexByte, letter]) {
      const run = (from, to) => Array.from(bytes.slice(from, to), (char) => show(char.charCodeAt(0), masked)).join("");
      lines.push(run(at, edges[0]));
      if (edges[0] < edges[1]) { lines.push(element("mark", run(...edges))); }
      lines.push(run(edges[1], stop), " ");
    }
    lines.push("\n");
  }
  return lines;
};

// A row as the page's own are, from its values; every text goes in as text.
const unfold = (model, value) => {
  const row = model.cloneNode(true);
  row.id = `x-${value("id")}`;
  row.querySelector(".main circle").setAttribute("class", `k-${value("tone")}`);
  for (const place of row.querySelectorAll("[data-f]")) {
    const name = place.dataset.f;
    place.removeAttribute("data-f");
    if (name === "bytes") {
      if (!value("hex")) { place.remove(); }
    } else if (name === "no_bytes") {
      if (value("hex")) { place.remove(); }
    } else if (name === "confidence_name") {
      if (!value("confidence")) { place.remove(); }
    } else if (name === "steps") {
      place.replaceChildren(...value(name).map((step) => element("li", step)));
    } else if (name === "command") {
      place.textContent = `wirewitness show . ${value("id")}`;
    } else if (name === "hexes") {
      place.replaceChildren(...(value("hex") ? hexLines(value("hex"), value("place"), value("masked")) : []));
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
  const packed = ["packed", "bytes"].map((what) => document.getElementById(`${name}-${what}`)?.content.textContent);
  const unpacked = packed[0] && typeof DecompressionStream === "function";
  const ready = unpacked ? Promise.all(packed.filter(Boolean).map(unpack)).then(([all, bytes]) => {
    const bytesAt = (field, place) => {
      if (!bytes || place >= bytes.rows) { return ""; }
      return field === "masked" ? bytes.masked : bytes.value(field, place);
    };
    const ofBytes = new Set(["hex", "place", "masked"]);
    const own = new Map(all.places.map((place, number) => [place, rows[number]]));
    const merged = [];
    let next = 0;
    for (let place = 0; merged.length < own.size + all.rows; place += 1) {
      const number = next;
      const at = merged.length;
      if (own.has(place)) {
        const one = own.get(place);
        const hex = one.row.querySelector("pre.hex");
        if (hex && bytesAt("hex", at)) { hex.replaceChildren(...hexLines(...["hex", "place", "masked"].map((field) => bytesAt(field, at)))); }
        merged.push(one);
      } else if (number < all.rows) {
        const value = (name) => (ofBytes.has(name) ? bytesAt(name, at) : all.value(name, number));
        merged.push({ value });
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
