"use strict";
// Everything goes through fetch to our own origin; texts that came from files are set as text, never as markup.
const base = document.body.dataset.base;
const byId = (id) => document.getElementById(id);
const ask = async (path, options) => {
  const answer = await fetch(base + path, options);
  const said = await answer.json().catch(() => ({ error: `${answer.status}` }));
  if (said.error && !("state" in said)) { throw new Error(said.error); }
  return said;
};
const post = (path, body) => ask(path, { method: "POST", body: body === undefined ? "{}" : body });
let draft = null;
const theDraft = async () => (draft ??= (await post("drafts")).draft);

const form = byId("new");
if (form) {
  const said = byId("said"), bar = byId("bar"), stop = byId("stop"), go = byId("go");
  const send = async (role, file) =>
    post(`drafts/${await theDraft()}/files?role=${role}&name=${encodeURIComponent(file.webkitRelativePath || file.name)}`, file);
  const roleOf = (file) =>
    /^(owner|case)\.toml$/.test(file.name) ? file.name.slice(0, -5)
      : /\.(log|keys)$|sslkeys|keylog/i.test(file.name) ? "keys"
        : /\.(toml|csv|vcf|xml|json|jpe?g|png|heic)$/i.test(file.name) ? "file" : "capture";
  let dropped = [];
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    dropped.push(...[...event.dataTransfer.files].map((file) => [roleOf(file), file]));
    said.textContent = dropped.map(([role, file]) => `${file.name} (${role})`).join(", ");
  });
  const follow = async (job) => {
    stop.hidden = false;
    stop.onclick = () => post(`jobs/${job}/cancel`);
    for (;;) {
      const now = await ask(`jobs/${job}`);
      if (now.state === "done") { location.reload(); return; }
      if (now.state !== "running") { throw new Error(now.error || now.state); }
      said.textContent = now.stage;
      if (now.total) { bar.max = now.total; bar.value = now.done; } else { bar.removeAttribute("value"); }
      await new Promise((wake) => setTimeout(wake, 300));
    }
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    go.disabled = true;
    bar.hidden = false;
    bar.removeAttribute("value");
    try {
      const files = [...dropped];
      for (const input of form.querySelectorAll("input[type=file]")) {
        files.push(...[...input.files].map((file) => [input.dataset.role, file]));
      }
      for (const [role, file] of files) { said.textContent = file.name; await send(role, file); }
      dropped = [];
      await follow((await post(`drafts/${await theDraft()}/audit`)).job);
    } catch (error) {
      said.textContent = error.message;
      draft = null;
    } finally {
      go.disabled = false;
      bar.hidden = true;
      stop.hidden = true;
    }
  });

  byId("case-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const given = Object.fromEntries(data);
    given.claims = data.getAll("claims");
    try {
      const files = [...form.querySelectorAll("input[data-role=capture], input[data-role=keys]")];
      for (const input of files) { for (const file of input.files) { await send(input.dataset.role, file); } }
      const box = byId("case-text");
      box.querySelector("textarea").value = (await post(`drafts/${await theDraft()}/case`, JSON.stringify(given))).text;
      box.hidden = false;
      byId("case-said").textContent = "";
    } catch (error) { byId("case-said").textContent = error.message; }
  });

  const mark = async (words) => {
    try {
      const { events } = await post(`drafts/${await theDraft()}/events`, JSON.stringify({ event: words }));
      byId("events").replaceChildren(...events.map((one) => {
        const line = document.createElement("li");
        line.textContent = one;
        return line;
      }));
      byId("mark-said").textContent = "";
    } catch (error) { byId("mark-said").textContent = error.message; }
  };
  for (const button of document.querySelectorAll("[data-event]")) {
    button.addEventListener("click", () => mark(button.dataset.event));
  }
  byId("mark").addEventListener("submit", (event) => {
    event.preventDefault();
    mark(event.target.elements.event.value);
    event.target.reset();
  });
}

const LONG = 44;
const filters = byId("filters");
if (filters) {
  const row = (cells, kind) => {
    const line = document.createElement("tr");
    line.append(...cells.map((cell) => {
      const one = document.createElement(kind);
      one.textContent = cell;
      if (cell.length > LONG) { one.className = "long"; }
      return one;
    }));
    return line;
  };
  const find = async () => {
    const found = byId("found");
    try {
      const got = await ask(`${location.pathname.split("/").slice(-3, -1).join("/")}/rows?${new URLSearchParams(new FormData(filters))}`);
      for (const select of filters.querySelectorAll("[name=column]")) {
        const kept = select.value;
        select.replaceChildren(...["", ...got.columns].map((name) => new Option(name, name, false, name === kept)));
      }
      document.querySelector("#rows thead").replaceChildren(row(["#", ...got.columns], "th"));
      document.querySelector("#rows tbody").replaceChildren(...got.rows.map((cells) => row(cells, "td")));
      found.textContent = found.dataset.words.replace("{shown}", got.rows.length).replace("{total}", got.total);
    } catch (error) { found.textContent = error.message; }
  };
  filters.addEventListener("submit", (event) => { event.preventDefault(); find(); });
  filters.elements.table.addEventListener("change", () => {
    for (const select of filters.querySelectorAll("[name=column]")) { select.value = ""; }
    find();
  });
  find();
}
