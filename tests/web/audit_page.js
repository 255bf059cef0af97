// What axe-core would call serious, for a page of this kind: names, labels, order, contrast. Returns sentences.
() => {
  const said = [];
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
  const where = (element) => `${element.tagName.toLowerCase()} "${element.textContent.trim().slice(0, 40)}"`;

  if (!document.documentElement.lang) { said.push("the page names no language"); }
  if (document.querySelectorAll("main").length !== 1) { said.push("there is not exactly one main part"); }
  if (document.querySelectorAll("h1").length !== 1) { said.push("there is not exactly one first heading"); }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) { said.push(`a level is skipped at ${where(heading)}`); }
    level = next;
  }
  for (const input of document.querySelectorAll("input, select, textarea")) {
    if (!input.labels || input.labels.length === 0) { said.push(`no label: ${input.id}`); }
  }
  for (const target of document.querySelectorAll("a[href], button, summary")) {
    if (!target.textContent.trim() && !target.getAttribute("aria-label")) { said.push(`no name: ${target.outerHTML.slice(0, 60)}`); }
  }
  for (const image of document.querySelectorAll("svg")) {
    const hidden = image.getAttribute("aria-hidden") === "true";
    const named = image.getAttribute("role") === "img" && document.getElementById(image.getAttribute("aria-labelledby"));
    if (!hidden && !named) { said.push(`a picture without a text: ${image.outerHTML.slice(0, 60)}`); }
  }
  for (const table of document.querySelectorAll("table")) {
    if (!table.caption) { said.push(`a table without a caption: ${where(table)}`); }
    for (const cell of table.querySelectorAll("th")) {
      if (!cell.getAttribute("scope")) { said.push(`a heading cell without scope: ${where(cell)}`); }
    }
    if (!table.closest("[tabindex='0']")) { said.push(`a table that the keyboard cannot scroll: ${where(table)}`); }
  }
  const names = new Map();
  for (const part of document.querySelectorAll("section, nav, main, header, footer")) {
    const label = part.getAttribute("aria-label") || part.getAttribute("aria-labelledby") || part.tagName;
    if (names.has(label)) { said.push(`two parts are called ${label}`); }
    names.set(label, part);
  }

  // Contrast by WCAG 2.2, 1.4.3: 4.5 for text, 3 for large text.
  const channels = (color) => {
    const found = color.match(/^rgba?\(([^)]+)\)$/);
    return found ? found[1].split(/[ ,/]+/).map(Number) : null;
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = channels(getComputedStyle(one).backgroundColor);
      if (color && (color.length < 4 || color[3] === 1)) { return color; }
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll("main *, header *, footer *, nav *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!own || !seen(element) || element.closest("svg, .sr, script, style")) { continue; }
    const style = getComputedStyle(element);
    const ink = channels(style.color);
    if (!ink) { said.push(`a colour that is not understood: ${style.color}`); continue; }
    const [high, low] = [light(ink), light(ground(element))].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) { said.push(`contrast ${ratio.toFixed(2)} at ${where(element)}`); }
  }
  return [...new Set(said)];
}
