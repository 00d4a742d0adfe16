// One page for a model against a checkpoint: the variables by scope, and a map of their sizes.

const KINDS = [
  { key: "matched", glyph: "✓", label: "matched", said: "In both, of one shape." },
  { key: "missing", glyph: "−", label: "missing", said: "In the model, not in the checkpoint." },
  { key: "unexpected", glyph: "+", label: "unexpected", said: "In the checkpoint, not in the model." },
  { key: "shape", glyph: "≠", label: "other shape", said: "In both, of two shapes." },
  { key: "type", glyph: "≈", label: "other dtype", said: "In both, of one shape and two dtypes." },
];
const none = () => KINDS.map(() => 0);
const LINE = 15;

const glyph = (kind) =>
  make("span", { class: `glyph ${KINDS[kind].key}`, "aria-hidden": "true" }, KINDS[kind].glyph);
const dtypesOf = ({ model, checkpoint }) => [model, checkpoint].filter(Boolean).map((seen) => seen[1]);
// What is numbered is told apart by the end of its name, and what lies in one scope by its beginning.
const layerOf = (text, room) => (text.length <= room || /[/.]/.test(text) ? shorten(text, room) : `…${text.slice(text.length - Math.max(0, room - 1))}`);
const shapeText = (shape) => (shape.length ? shape.join(" × ") : "scalar");

// The variables, and the tree of their scopes.

const variables = data.variables.map(([name, kind, model, checkpoint, partner], index) => {
  const seen = model || checkpoint;
  return { index, name, kind, model, checkpoint, partner, shape: seen[0], dtype: seen[1], bytes: seen[2] };
});

function newScope(label, path, parent) {
  const depth = parent ? parent.depth + 1 : 0;
  return { label, path, parent, depth, children: [], scopes: new Map(), variable: null };
}

const root = newScope("everything", "", null);
for (const variable of variables) {
  const separator = variable.name.includes("/") ? "/" : ".";
  const parts = variable.name.split(separator);
  // A file that nests without end is no reason to.
  const leaf = parts.splice(Math.min(parts.length - 1, 100)).join(separator);
  let scope = root;
  for (const part of parts) {
    let next = scope.scopes.get(part);
    if (!next) {
      const path = scope === root ? part : `${scope.path}${separator}${part}`;
      next = newScope(part, path, scope);
      scope.scopes.set(part, next);
      scope.children.push(next);
    }
    scope = next;
  }
  const node = newScope(leaf, variable.name, scope);
  node.variable = variable;
  variable.node = node;
  scope.children.push(node);
}
const order = new Intl.Collator("en", { numeric: true });
const scopes = [];
for (const stack = [root]; stack.length; ) {
  const scope = stack.pop();
  scopes.push(scope);
  scope.children.sort((a, b) => order.compare(a.label, b.label));
  for (const child of scope.children) if (!child.variable) stack.push(child);
}

// What is shown: the filter and the search decide about variables, sums about their scopes.

let kindShown = null;
let dtypeShown = "";
let shown = variables.length;

function sum() {
  for (const scope of scopes) {
    scope.counts = none();
    scope.sizes = none();
    scope.number = scope.bytes = 0;
  }
  shown = 0;
  for (const variable of variables) {
    const { node, name, kind, bytes } = variable;
    const wanted = (kindShown === null || kind === kindShown) && (!dtypeShown || dtypesOf(variable).includes(dtypeShown));
    node.number = wanted && terms.every((term) => name.toLowerCase().includes(term)) ? 1 : 0;
    node.bytes = bytes;
    node.sizes = none();
    node.sizes[kind] = bytes;
    if (!node.number) continue;
    shown += 1;
    for (let scope = node.parent; scope; scope = scope.parent) {
      scope.counts[kind] += 1;
      scope.sizes[kind] += bytes;
      scope.number += 1;
      scope.bytes += bytes;
    }
  }
}

let openScopes = new Set();
let openBefore = null;
let drawn = root;

function expandTo(node) {
  for (let scope = node.parent; scope; scope = scope.parent) openScopes.add(scope);
}

function openFirst() {
  // Whole levels, as long as they fit on a screen or so; then what needs attention, if it is little.
  let level = [root];
  for (let number = 0; level.length; ) {
    const next = level.flatMap((scope) => scope.children);
    number += next.length;
    if (number > 40 && level[0] !== root) break;
    for (const scope of level) openScopes.add(scope);
    level = next.filter((child) => !child.variable);
  }
  const odd = variables.filter((variable) => variable.kind);
  if (odd.length <= 30) for (const variable of odd) expandTo(variable.node);
}

// The list.

const isScope = (node) => !node.variable;
const isOpen = (node) => openScopes.has(node);
const inside = (scope) => scope.children.filter((child) => child.number);

function bar(counts) {
  const element = make("span", { class: "bar", "aria-hidden": "true" });
  counts.forEach((count, kind) => {
    if (!count) return;
    const part = make("i", { class: KINDS[kind].key });
    part.style.flexGrow = count;
    element.append(part);
  });
  return element;
}

const counted = (counts) =>
  counts.map((count, kind) => (count ? `${count} ${KINDS[kind].label}` : "")).filter(Boolean).join(", ");

// The end of a path, from where it parts from another one.
function seenFrom(here, there) {
  const above = new Set();
  for (let scope = here.parent; scope; scope = scope.parent) above.add(scope);
  let shared = there.parent;
  while (!above.has(shared)) shared = shared.parent;
  return shared === root ? there.path : `…${there.path.slice(shared.path.length)}`;
}

function rowOf(node) {
  const size = make("span", { class: "size" }, sizeText(node.bytes));
  if (isScope(node)) {
    const told = `${node.label}, ${many(node.number, "variable")}: ${counted(node.counts)}, ${sizeText(node.bytes)}`;
    const { row, name } = newRow(node, told, bar(node.counts), size);
    name.append(make("span", { class: "number" }, node.number.toLocaleString("en")));
    return row;
  }
  const { kind, shape, dtype, model, checkpoint, partner } = node.variable;
  const told = `${node.label}, ${KINDS[kind].label}, ${shapeText(shape)}, ${dtype}, ${sizeText(node.bytes)}`;
  const dims = make("span", { class: "dims" }, shapeText(shape));
  const type = make("span", { class: "dtype" }, dtype);
  const { row, name } = newRow(node, told, dims, type, size);
  name.prepend(glyph(kind));
  if (partner && variables[partner[0]] !== node.variable) {
    name.append(make("span", { class: "likely" }, `likely ${seenFrom(node, variables[partner[0]].node)}`));
  } else if (kind === 3) {
    name.append(make("span", { class: "likely" }, `${shapeText(checkpoint[0])} in the checkpoint`));
  }
  if (kind === 3) {
    dims.classList.add("apart");
    dims.title = `model ${shapeText(model[0])}, checkpoint ${shapeText(checkpoint[0])}`;
  }
  if (model && checkpoint && model[1] !== checkpoint[1]) {
    type.classList.add("apart");
    type.title = `model ${model[1]}, checkpoint ${checkpoint[1]}`;
  }
  return row;
}

function onChosen() {
  drawHere();
}

function enter(node) {
  if (isScope(node)) toggle(node);
}

function openBeside(node) {
  for (const sibling of node.parent.children) if (isScope(sibling)) openScopes.add(sibling);
  listRows();
  choose(node);
}

function toggle(node) {
  if (openScopes.has(node)) openScopes.delete(node);
  else openScopes.add(node);
  listRows();
  drawRows();
}

function reveal(node) {
  if (!node.number) showAll();
  expandTo(node);
  listRows();
  choose(node);
  const top = node.row * ROW;
  tree.scrollTop = Math.max(0, top - tree.clientHeight / 2);
  drawRows();
}

// The map: squarified, so that areas are sizes and shapes are near to squares. Lines between areas
// are drawn on them and take no room.

const svg = $("treemap");
const SMALLEST = 36;

function squarify(items, x, y, width, height, place) {
  // Items come by size, the greatest first; their areas sum up to width times height.
  for (let start = 0; start < items.length; ) {
    const side = Math.min(width, height);
    let end = start;
    let filled = 0;
    let worst = Infinity;
    while (end < items.length) {
      const more = filled + items[end].area;
      const square = (more * more) / (side * side);
      const ratio = Math.max(items[start].area / square, square / items[end].area);
      if (ratio > worst) break;
      worst = ratio;
      filled = more;
      end += 1;
    }
    const thick = filled / side;
    let along = 0;
    for (; start < end; start += 1) {
      const long = items[start].area / thick;
      if (width >= height) place(items[start], x, y + along, thick, long);
      else place(items[start], x + along, y, long, thick);
      along += long;
    }
    if (width >= height) { x += thick; width -= thick; } else { y += thick; height -= thick; }
  }
}

let cells = [];

function drawMap() {
  const { width, height } = svg.getBoundingClientRect();
  cells = [];
  const areas = [];
  const frames = [];
  const labels = [];
  const names = [];
  // What is written moves down where the name of a scope covers its place.
  // The layer is said with the variable: on a line of its own where the two are too long for one.
  const cell = (target, key, bytes, x, y, w, h, label, cover) => {
    const index = cells.push({ ...target, x, y, w, h, bytes }) - 1;
    areas.push(draw("rect", { class: `cell ${key}`, x, y, width: w, height: h, "data-cell": index, "data-bytes": bytes }));
    const down = cover && x < cover.right && y < cover.bottom ? cover.bottom - y + 2 : 0;
    const room = Math.floor((w - 12) / 7);
    const lines = Math.floor((h - 5 - down) / LINE);
    if (room < 3 || lines < 1) return;
    const split = Math.max(label.lastIndexOf("/"), label.lastIndexOf("."));
    const texts = label.length <= room || split < 0 ? [shorten(label, room)]
      : [layerOf(label.slice(0, split), room), shorten(label.slice(split + 1), room)].slice(0, lines);
    const size = sizeText(bytes);
    if (texts.length < lines && size.length <= room) texts.push(size);
    texts.forEach((text, line) => {
      labels.push(draw("text", { class: key.split(" ")[0], x: x + 6, y: y + 15 + down + line * LINE }, text));
    });
  };
  // Several variables as one cell: a strip for each kind.
  const together = (target, sizes, x, y, w, h, label, cover) => {
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    let from = 0;
    sizes.forEach((bytes, kind) => {
      if (!bytes) return;
      const part = bytes / total;
      const box = w >= h ? [x + from * w, y, part * w, h] : [x, y + from * h, w, part * h];
      cell({ ...target, kind }, `${KINDS[kind].key} strip`, bytes, ...box, label, cover);
      from += part;
    });
  };
  // A scope is named where it is a part of the map rather than nearly all of it.
  const lay = (scope, x, y, w, h, depth, named, cover) => {
    const base = named || drawn;
    const from = base === root ? 0 : base.path.length + 1;
    const inside = scope.children.filter((child) => child.number && child.bytes > 0);
    inside.sort((a, b) => b.bytes - a.bytes);
    const scale = (w * h) / inside.reduce((total, child) => total + child.bytes, 0);
    // What is too small to be seen is drawn together.
    let cut = inside.length;
    while (cut > 0 && inside[cut - 1].bytes * scale < SMALLEST) cut -= 1;
    if (inside.length - cut < 2) cut = inside.length;
    const items = inside.slice(0, cut).map((node) => ({ node, area: node.bytes * scale }));
    const small = inside.slice(cut);
    if (small.length) {
      const rest = { small, area: small.reduce((total, child) => total + child.bytes, 0) * scale };
      const at = items.findIndex((item) => item.area < rest.area);
      items.splice(at < 0 ? items.length : at, 0, rest);
    }
    squarify(items, x, y, w, h, ({ node, small: few }, left, top, wide, high) => {
      if (few) {
        const sizes = none();
        let number = 0;
        for (const child of few) {
          number += child.number;
          child.sizes.forEach((bytes, kind) => { sizes[kind] += bytes; });
        }
        together({ node: scope, small: number }, sizes, left, top, wide, high, `${number} small`, cover);
      } else if (node.variable) {
        cell({ node }, KINDS[node.variable.kind].key, node.bytes, left, top, wide, high, node.path.slice(from), cover);
      } else if (wide * high < 400 || Math.min(wide, high) < 8) {
        together({ node }, node.sizes, left, top, wide, high, node.path.slice(from), cover);
      } else {
        let pill = null;
        if (!named && wide * high < (width * height) / 4 && wide >= 60 && high >= 44) {
          const text = layerOf(node.label, Math.floor((wide - 22) / 7.6));
          pill = { right: left + 17 + text.length * 7.6, bottom: top + 25 };
          names.push(draw("rect", { class: "pill", x: left + 5, y: top + 5, width: text.length * 7.6 + 12, height: 20, rx: 5 }));
          names.push(draw("text", { class: "top", x: left + 11, y: top + 19 }, text));
        }
        lay(node, left, top, wide, high, depth + 1, named || (pill && node), pill || cover);
        frames.push([depth, left, top, wide, high]);
      }
    });
  };
  if (drawn.number && drawn.bytes > 0 && width > 0 && height > 0) lay(drawn, 0, 0, width, height, 0, null, null);
  frames.sort((a, b) => b[0] - a[0]);
  const lines = frames.map(([depth, x, y, w, h]) =>
    draw("rect", { class: "frame", x, y, width: w, height: h, "stroke-width": [5, 3, 2][depth] || 1 }));
  for (const line of lines) line.style.strokeWidth = line.getAttribute("stroke-width");
  svg.replaceChildren(...areas, ...lines, ...labels, draw("rect", { class: "here", visibility: "hidden" }), ...names);
  svg.setAttribute("aria-label", `Sizes of ${many(drawn.number, "variable")}, ${sizeText(drawn.bytes)}; the tree has them in words`);
  drawCrumbs();
  drawHere();
}

const within = (node, scope) => {
  for (let at = node; at; at = at.parent) if (at === scope) return true;
  return false;
};

function drawHere() {
  const here = svg.querySelector(".here");
  if (!here) return;
  const inside = current ? cells.filter((cell) => !cell.small && within(cell.node, current)) : [];
  const around = inside.length || !current ? inside : cells.filter((cell) => cell.small ? within(current, cell.node) : within(current, cell.node)).slice(-1);
  if (!around.length || current === drawn) {
    here.setAttribute("visibility", "hidden");
    return;
  }
  const left = Math.min(...around.map((cell) => cell.x));
  const top = Math.min(...around.map((cell) => cell.y));
  const right = Math.max(...around.map((cell) => cell.x + cell.w));
  const bottom = Math.max(...around.map((cell) => cell.y + cell.h));
  const box = { x: left + 1, y: top + 1, width: Math.max(2, right - left - 2), height: Math.max(2, bottom - top - 2) };
  for (const [name, value] of Object.entries(box)) here.setAttribute(name, value);
  here.setAttribute("visibility", "visible");
}

function drawCrumbs() {
  const path = [];
  for (let scope = drawn; scope; scope = scope.parent) path.unshift(scope);
  $("crumbs").replaceChildren(
    ...path.flatMap((scope, index) => {
      const button = make("button", { type: "button" }, scope.label || "(no name)");
      if (scope === drawn) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => zoom(scope));
      return index ? [make("span", { class: "side", "aria-hidden": "true" }, "/"), button] : [button];
    }),
    make("span", { class: "total" }, `${many(drawn.number, "variable")}, ${sizeText(drawn.bytes)}`),
  );
}

function zoom(scope) {
  drawn = scope;
  drawMap();
}

const tip = $("tip");
svg.addEventListener("mousemove", (event) => {
  const index = event.target.getAttribute("data-cell");
  tip.hidden = index === null;
  if (index === null) return;
  const { node, small, kind, bytes } = cells[index];
  const what = small || !node.variable ? `${KINDS[kind].label}, of ${many(small || node.number, small ? "small variable" : "variable")}`
    : `${KINDS[node.variable.kind].label}, ${shapeText(node.variable.shape)}`;
  tip.replaceChildren(make("code", {}, node.path || "everything"), `${what}, ${sizeText(bytes)}`);
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8)}px`;
});
svg.addEventListener("mouseleave", () => { tip.hidden = true; });
svg.addEventListener("click", (event) => {
  const index = event.target.getAttribute("data-cell");
  if (index !== null && cells[index].node !== root) reveal(cells[index].node);
});
svg.addEventListener("dblclick", (event) => {
  const index = event.target.getAttribute("data-cell");
  if (index === null) return;
  let node = cells[index].node;
  while (node.parent && node.parent !== drawn && node !== drawn) node = node.parent;
  if (!node.variable && node.parent === drawn) zoom(node);
});

// What is known of the chosen one.

function drawDetails() {
  const panel = $("details");
  if (!current) {
    panel.replaceChildren(
      make("p", { class: "said" }, "Choose a scope or a variable, in the tree or in the map; two clicks on the map go into a scope."),
      keysText(),
    );
    return;
  }
  if (!current.variable) {
    const table = make("table");
    current.counts.forEach((count, kind) => {
      if (count) table.append(make("tr", {}, make("td", {}, glyph(kind)), make("td", {}, count.toLocaleString("en")), make("th", {}, KINDS[kind].label)));
    });
    const button = make("button", { type: "button", class: "plain zoom" }, "Draw this scope alone");
    const scope = current;
    button.addEventListener("click", () => zoom(scope));
    panel.replaceChildren(
      make("h2", {}, current.path || "(no name)"),
      make("p", { class: "said" }, `${many(current.number, "variable")}, ${sizeText(current.bytes)}`), table, button,
    );
    return;
  }
  const { name, kind, model, checkpoint, partner } = current.variable;
  const table = make("table", {}, make("tr", {}, make("td"), ...["shape", "dtype", "size"].map((head) => make("th", {}, head))));
  const text = [shapeText, String, sizeText];
  for (const [side, seen, other] of [["model", model, checkpoint], ["checkpoint", checkpoint, model]]) {
    const line = make("tr", {}, make("th", {}, side));
    text.forEach((say, column) => {
      const td = make("td", {}, seen ? say(seen[column]) : "—");
      if (seen && other && say(seen[column]) !== say(other[column])) td.className = "apart";
      line.append(td);
    });
    table.append(line);
  }
  const parts = [make("h2", {}, glyph(kind), make("span", {}, name)), make("p", { class: "said" }, KINDS[kind].said), table];
  if (partner) {
    const [index, sameShape, likeness] = partner;
    const other = variables[index];
    const shape = sameShape ? "Of the same shape" : "Of the same dimensions in another order";
    if (other === current.variable) {
      parts.push(make("p", { class: "likely" }, "The dimensions are the same, in another order: it may need a transposition."));
    } else {
      const button = make("button", { type: "button", class: "jump" }, other.name);
      button.addEventListener("click", () => { reveal(other.node); tree.focus(); });
      const alike = likeness > 0.995 ? "; the names say the same"
        : likeness ? `; the names are ${Math.round(likeness * 100)} % alike` : "; no other is left of this shape";
      parts.push(make("div", { class: "likely" }, "The likeliest partner is", button, make("span", { class: "side" }, `${shape}${alike}.`)));
    }
  }
  panel.replaceChildren(...parts);
}

// Filters and the search.

const buttons = [null, ...KINDS.keys()].map((kind) => {
  const count = kind === null ? variables.length : variables.filter((variable) => variable.kind === kind).length;
  const label = kind === null ? "all" : KINDS[kind].label;
  const button = make("button", { type: "button", "data-kind": kind === null ? "all" : KINDS[kind].key });
  button.hidden = kind !== null && !count;
  if (kind !== null) button.append(glyph(kind));
  button.append(make("span", {}, label), make("b", {}, count.toLocaleString("en")));
  button.addEventListener("click", () => {
    kindShown = kindShown === kind ? null : kind;
    filter();
  });
  return { kind, button };
});
$("filters").append(...buttons.map(({ button }) => button));

const dtypeCounts = new Map();
for (const variable of variables) {
  for (const dtype of new Set(dtypesOf(variable))) dtypeCounts.set(dtype, (dtypeCounts.get(dtype) || 0) + 1);
}
$("dtypes").hidden = dtypeCounts.size < 2;
$("dtypes").append(
  make("option", { value: "" }, "any dtype"),
  ...[...dtypeCounts].sort().map(([dtype, count]) => make("option", { value: dtype }, `${dtype} (${count.toLocaleString("en")})`)),
);
$("dtypes").addEventListener("change", () => {
  dtypeShown = $("dtypes").value;
  filter();
});

function filter() {
  terms = searched();
  sum();
  const active = kindShown !== null || dtypeShown !== "" || terms.length > 0;
  if (active) {
    openBefore ??= openScopes;
    openScopes = new Set(shown <= 500 ? scopes : openBefore);
  } else if (openBefore) {
    openScopes = openBefore;
    openBefore = null;
    if (current) expandTo(current);
  }
  for (const { kind, button } of buttons) button.setAttribute("aria-pressed", kind === kindShown);
  listRows();
  if (!drawn.number) drawn = root;
  if (current && !current.number) current = null;
  $("nothing").hidden = shown > 0;
  tree.hidden = shown === 0;
  $("count").textContent = active ? `${shown.toLocaleString("en")} of ${many(variables.length, "variable")}` : many(variables.length, "variable");
  tree.scrollTop = active || !current ? 0 : Math.max(0, current.row * ROW - tree.clientHeight / 2);
  drawRows();
  drawDetails();
  drawMap();
}

function showAll() {
  kindShown = null;
  $("dtypes").value = dtypeShown = "";
  $("search").value = "";
  filter();
}

// Begin.

const counts = none();
for (const { kind } of variables) counts[kind] += 1;
const odd = variables.length - counts[0];
$("verdict").textContent = !variables.length ? "Neither side has a variable."
  : odd ? `${odd.toLocaleString("en")} of ${many(variables.length, "variable")} ${odd === 1 ? "does" : "do"} not match.`
  : variables.length === 1 ? "The one variable matches." : `All ${many(variables.length, "variable")} match.`;
$("model").textContent = data.model;
$("checkpoint").textContent = data.checkpoint;
openFirst();
filter();
new ResizeObserver(() => { drawRows(); drawMap(); }).observe($("map"));
