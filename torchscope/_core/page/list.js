"use strict";
// What pages have in common: elements, numbers as text, colours, and a list of scopes that open and close, of which only
// the rows in sight exist. Names come from anywhere: they are written as text alone, never as markup.
//
// A page says what is in its list: root, a node whose children have label, path, depth and parent; isScope, isOpen and
// inside (a scope's children that are shown); rowOf, which draws a row by newRow; and what happens: toggle, enter,
// openBeside, onChosen, drawDetails, filter, showAll.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const ROW = 28;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const many = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
const shorten = (text, room) => (text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text);

function inThousands(number, units) {
  let unit = 0;
  while (number >= 1000 && unit < units.length - 1) {
    number /= 1000;
    unit += 1;
  }
  return `${unit && number < 100 ? number.toFixed(1) : Math.round(number)}${units[unit]}`;
}
const sizeText = (bytes) => inThousands(bytes, [" B", " KB", " MB", " GB", " TB"]);

// The list.

const tree = $("tree");
const holder = $("rows");
let rows = [];
let terms = [];
let current = null;
const isListed = (node) => node !== null && rows[node.row] === node;

function listRows() {
  rows = [];
  const visit = (scope) => {
    const children = inside(scope);
    children.forEach((node, index) => {
      node.position = index + 1;
      node.siblings = children.length;
      node.row = rows.length;
      rows.push(node);
      if (isScope(node) && isOpen(node)) visit(node);
    });
  };
  visit(root);
}

function highlight(text) {
  const element = make("span", { class: "label" });
  const lower = text.toLowerCase();
  let from = 0;
  for (;;) {
    const found = terms.map((term) => [lower.indexOf(term, from), term.length]).filter(([at]) => at >= 0);
    if (!found.length) break;
    const [at, length] = found.reduce((a, b) => (b[0] < a[0] ? b : a));
    element.append(text.slice(from, at), make("mark", {}, text.slice(at, at + length)));
    from = at + length;
  }
  element.append(text.slice(from));
  return element;
}

function newRow(node, label, ...cells) {
  const text = highlight(node.label === "" ? "(no name)" : node.label);
  const name = make("span", { class: "name" });
  name.style.paddingLeft = `${6 + (node.depth - 1) * 14}px`;
  const row = make("div", {
    role: "treeitem", id: `row-${node.row}`, class: "row", title: node.path, "aria-label": label, "aria-level": node.depth,
    "aria-setsize": node.siblings, "aria-posinset": node.position, "aria-selected": node === current,
  }, name, ...cells);
  row.style.top = `${node.row * ROW}px`;
  if (isScope(node)) {
    row.setAttribute("aria-expanded", isOpen(node));
    text.classList.add("scope");
    name.append(make("span", { class: "twist" }));
  }
  name.append(text);
  return { row, name, text };
}

function drawRows() {
  holder.style.height = `${rows.length * ROW}px`;
  const first = Math.max(0, Math.floor(tree.scrollTop / ROW) - 8);
  const last = Math.min(rows.length, Math.ceil((tree.scrollTop + tree.clientHeight) / ROW) + 8);
  const inSight = rows.slice(first, last);
  // The chosen one exists wherever it is: it is what a screen reader speaks of.
  if (isListed(current) && (current.row < first || current.row >= last)) inSight.push(current);
  holder.replaceChildren(...inSight.map(rowOf));
  if (isListed(current)) tree.setAttribute("aria-activedescendant", `row-${current.row}`);
  else tree.removeAttribute("aria-activedescendant");
}

function choose(node) {
  current = node;
  if (isListed(node)) {
    const top = node.row * ROW;
    if (top < tree.scrollTop) tree.scrollTop = top;
    else if (top + ROW > tree.scrollTop + tree.clientHeight) tree.scrollTop = top + ROW - tree.clientHeight;
  }
  drawRows();
  drawDetails();
  onChosen(node);
}

tree.addEventListener("scroll", () => drawRows(), { passive: true });
holder.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row) return;
  const twist = event.target.closest(".twist");
  const node = rows[Number(row.id.slice(4))];
  choose(node);
  // The rows are drawn anew, so that the two clicks of a dblclick are on two elements.
  if (isScope(node) && (twist || event.detail === 2)) toggle(node);
});

let typed = "";
let typedAt = 0;
tree.addEventListener("keydown", (event) => {
  if (!rows.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = isListed(current) ? current.row : -1;
  const node = at < 0 ? null : rows[at];
  const page = Math.max(1, Math.floor(tree.clientHeight / ROW) - 1);
  let to = null;
  if (event.key === "ArrowDown") to = at + 1;
  else if (event.key === "ArrowUp") to = at - 1;
  else if (event.key === "PageDown") to = at + page;
  else if (event.key === "PageUp") to = at - page;
  else if (event.key === "Home") to = 0;
  else if (event.key === "End") to = rows.length - 1;
  else if (event.key === "ArrowRight" && node && isScope(node)) {
    if (isOpen(node)) to = at + 1;
    else toggle(node);
  } else if (event.key === "ArrowLeft" && node) {
    if (isScope(node) && isOpen(node)) toggle(node);
    else if (node.parent !== root) to = node.parent.row;
  } else if ((event.key === "Enter" || event.key === " ") && node) enter(node);
  else if (event.key === "*" && node) openBeside(node);
  else if (event.key.length === 1 && event.key !== "/" && event.key !== " ") {
    typed = event.timeStamp - typedAt < 700 ? typed + event.key.toLowerCase() : event.key.toLowerCase();
    typedAt = event.timeStamp;
    const start = typed.length > 1 ? at : at + 1;
    for (let step = 0; step < rows.length && to === null; step += 1) {
      const index = (Math.max(0, start) + step) % rows.length;
      if (rows[index].label.toLowerCase().startsWith(typed)) to = index;
    }
  } else return;
  event.preventDefault();
  if (to !== null) choose(rows[Math.max(0, Math.min(rows.length - 1, to))]);
});
tree.addEventListener("focus", () => {
  // By the keyboard: a mouse is about to say itself which row it means.
  if (tree.matches(":focus-visible") && rows.length && !isListed(current)) choose(rows[0]);
});
new ResizeObserver(() => drawRows()).observe(tree);

// Which keys do what.
function keysText(...more) {
  const keys = [["↑ ↓", "from row to row"], ["→ ←", "open and close a scope"], ["*", "open all beside it"], ["/", "search"],
    ["a z", "to the next row that begins so"], ...more];
  return make("dl", {}, ...keys.flatMap(([pressed, does]) => [
    make("dt", {}, ...pressed.split(" ").map((key) => make("kbd", {}, key))), make("dd", {}, does)]));
}

// The search, and the colours.

$("search").addEventListener("input", () => filter());
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape") showAll();
  else if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    tree.focus();
  }
});
$("clear").addEventListener("click", () => { showAll(); $("search").focus(); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target === $("search") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  $("search").focus();
  $("search").select();
});
const searched = () => $("search").value.toLowerCase().split(/\s+/).filter(Boolean);

const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => { $("theme").textContent = isDark() ? "Light colours" : "Dark colours"; };
$("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
dark.addEventListener("change", nameTheme);
nameTheme();
