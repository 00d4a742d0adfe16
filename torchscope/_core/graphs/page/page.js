// The page of a graph: the operations by scope, and a drawing of them.

const GLYPHS = { operation: "ƒ", variable: "w", shared: "⇉", input: "→" };
const glyph = (kind) => make("span", { class: `glyph ${kind}`, "aria-hidden": "true" }, GLYPHS[kind]);
const shapeText = (shape) => (shape === null ? "" : shape.length ? shape.map((size) => size ?? "?").join("×") : "scalar");

const timeText = (seconds) => inThousands(seconds * 1e6, [" µs", " ms", " s"]);
const numberText = (number) => inThousands(number, ["", " K", " M", " G"]);

// The operations, and the tree of their scopes.

// What only reads a variable, or lays it out, is still the variable.
const LAYS_OUT = new Set(["Transpose", "Reshape", "Identity", "T", "NumpyT", "Contiguous", "Detach", "ReadVariableOp", "Enter"]);
const INPUTS = new Set(["Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "Const"]);
// What is read is an operation's number; with a place and a shape where it is not what that gives first.
const operations = data.operations.map(([name, type, dtype, shape, bytes, read, seconds, isVariable], index) => ({
  index, name, type, dtype, shape, bytes, seconds, isVariable: isVariable > 0, readers: [],
  reads: read.map((each) => (each.length ? each[0] : each)),
  carries: read.map((each) => (each.length ? { place: each[1], shape: each[2] } : { place: 0, shape: data.operations[each][3] })),
}));
for (const operation of operations) {
  for (const read of operation.reads) operations[read].readers.push(operation.index);
  operation.isWeights = operation.isVariable
    || (operation.reads.length === 1 && LAYS_OUT.has(operation.type) && operations[operation.reads[0]].isWeights);
}
// Who uses a variable, through what lays it out.
for (const operation of [...operations].reverse()) {
  if (!operation.isWeights) continue;
  const uses = new Set();
  for (const reader of operation.readers) {
    if (operations[reader].isWeights) operations[reader].uses.forEach((use) => uses.add(use));
    else uses.add(reader);
  }
  operation.uses = [...uses].sort((a, b) => a - b);
}
const kindOf = (operation) =>
  operation.isVariable ? (operation.uses.length > 1 ? "shared" : "variable")
  : INPUTS.has(operation.type) ? "input" : "operation";

const nodes = [];
function newNode(label, path, parent) {
  const node = {
    label, path, parent, depth: parent ? parent.depth + 1 : 0, children: [], scopes: new Map(), operation: null,
    number: 0, variables: 0, parameters: 0, bytes: 0, timed: false, seconds: 0, order: Infinity, first: Infinity, id: nodes.length,
    links: new Map(), entered: new Set(), left: new Set(), layout: null,
  };
  nodes.push(node);
  return node;
}

const root = newNode("everything", "", null);
for (const operation of operations) {
  const parts = operation.name.split("/");
  // A name that nests without end is no reason to.
  const leaf = parts.splice(Math.min(parts.length - 1, 60)).join("/");
  let scope = root;
  for (const part of parts) {
    let next = scope.scopes.get(part);
    if (!next) {
      next = newNode(part, scope === root ? part : `${scope.path}/${part}`, scope);
      scope.scopes.set(part, next);
      scope.children.push(next);
    }
    scope = next;
  }
  const node = newNode(leaf, operation.name, scope);
  node.operation = operation;
  node.kind = kindOf(operation);
  node.text = `${operation.name} ${operation.type} ${node.kind === "shared" ? "shared" : ""}`.toLowerCase();
  operation.node = node;
  scope.children.push(node);
  const elements = operation.isVariable && operation.shape ? operation.shape.reduce((product, size) => product * size, 1) : 0;
  for (let at = node; at; at = at.parent) {
    at.number += 1;
    if (operation.seconds !== null) {
      at.timed = true;
      at.seconds += operation.seconds;
    }
    // What is computed says where a scope stands; its variables come first, wherever it stands.
    if (!operation.isWeights) at.order = Math.min(at.order, operation.index);
    at.first = Math.min(at.first, operation.index);
    if (!operation.isVariable) continue;
    at.variables += 1;
    at.parameters += elements;
    at.bytes += operation.bytes;
  }
}
// What was not measured has no time, not even none.
function timeOf(node) {
  if (!node.timed) return "";
  const share = (100 * node.seconds) / root.seconds;
  return `${timeText(node.seconds)} (${share < 1 ? "<1" : Math.round(share)}%)`;
}
document.documentElement.classList.toggle("timed", root.timed);
for (const node of nodes) {
  if (node.order === Infinity) node.order = node.first - operations.length;
}
for (const { children } of nodes) {
  children.sort((a, b) => a.order - b.order);
  children.forEach((child, place) => { child.place = place; });
}

// Each edge belongs to the scope that has both its ends. On its way it leaves and enters scopes below that.
// A variable that is used elsewhere than beside it has edges of another kind, which move no box.
const edges = [];
for (const to of operations) {
  const read = new Map(to.reads.map((number, index) => [`${number}:${to.carries[index].place}`, [number, to.carries[index].shape]]));
  for (const [tensor, [number, shape]] of read) {
    const from = operations[number];
    let a = from.node;
    let b = to.node;
    while (a.depth > b.depth) a = a.parent;
    while (b.depth > a.depth) b = b.parent;
    while (a.parent !== b.parent) [a, b] = [a.parent, b.parent];
    const isWeights = from.isWeights && a !== from.node;
    edges.push({ from, to, isWeights, tensor, shape });
    if (isWeights) continue;
    const scope = a.parent;
    const key = a.place * scope.children.length + b.place;
    scope.links.set(key, (scope.links.get(key) || 0) + 1);
    for (let at = from.node; at !== a; at = at.parent) at.parent.left.add(at);
    for (let at = to.node; at !== b; at = at.parent) at.parent.entered.add(at);
  }
}

// Where boxes are. A scope that is open is laid out by itself: its children in layers, each below what it
// reads. Lines that pass a layer hold a place in it, as do lines to the edge of the scope.

const GAP = 20;
const BETWEEN = 46;
const PADDING = 16;
const HEAD = 30;
const WIDEST = 12;
const PLACES = 3000;
const BUTTONS = 44;
let openScopes = new Set([root]);

const boxWidth = (text, letter = 7.3) => Math.max(54, Math.min(300, text.length * letter + 22));
const statsOf = (node) =>
  `${many(node.number, "operation")}${node.variables ? `, ${numberText(node.parameters)} parameters, ${sizeText(node.bytes)}` : ""}`;
// What stands in a box below the name.
const belowOf = (node) => [node.operation ? "" : statsOf(node), timeOf(node)].filter(Boolean);

const statsFrom = (node) => Math.min(node.label.length, 40) * 7.4 + 26;
const headWidth = (node) => statsFrom(node) + belowOf(node).join(", ").length * 6.7 + 12;

function rankOf(scope) {
  const { children } = scope;
  const above = children.map(() => []);
  const below = children.map(() => []);
  for (const key of scope.links.keys()) {
    const [a, b] = [Math.floor(key / children.length), key % children.length];
    if (a >= b) continue;
    above[b].push(a);
    below[a].push(b);
  }
  const rank = children.map(() => 0);
  children.forEach((_, b) => { for (const a of above[b]) rank[b] = Math.max(rank[b], rank[a] + 1); });
  // What reads nothing here, and what lays a variable out, goes near to what reads it.
  for (let a = children.length - 1; a >= 0; a -= 1) {
    const { operation } = children[a];
    if (below[a].length && (!above[a].length || (operation && operation.isWeights))) {
      rank[a] = Math.min(...below[a].map((b) => rank[b])) - 1;
    }
  }
  // No layer is wider than can be looked at, and none is empty.
  const layers = new Map();
  children.forEach((_, a) => {
    if (!layers.has(rank[a])) layers.set(rank[a], []);
    layers.get(rank[a]).push(a);
  });
  let next = 0;
  for (const at of [...layers.keys()].sort((a, b) => a - b)) {
    const members = layers.get(at);
    const parts = Math.ceil(members.length / WIDEST);
    members.forEach((a, index) => { rank[a] = next + Math.floor((index * parts) / members.length); });
    next += parts;
  }
  return { rank, below, number: next };
}

// The nearest places to the wanted ones in which neighbours keep their distance: pools of what touches.
function settle(layer) {
  const pools = [];
  let offset = 0;
  layer.forEach((item, index) => {
    if (index) offset += (layer[index - 1].w + item.w) / 2 + (item.node || layer[index - 1].node ? GAP : 8);
    item.offset = offset;
    const pool = { sum: (item.wanted - offset) * item.pull, pull: item.pull, items: [item] };
    while (pools.length && pools[pools.length - 1].sum / pools[pools.length - 1].pull >= pool.sum / pool.pull) {
      const before = pools.pop();
      pool.sum += before.sum;
      pool.pull += before.pull;
      pool.items = before.items.concat(pool.items);
    }
    pools.push(pool);
  });
  for (const { sum, pull, items } of pools) for (const item of items) item.x = sum / pull + item.offset;
}

function arrange(layers) {
  const look = (layer, side) => {
    layer.forEach((item, index) => {
      const seen = item[side];
      item.wanted = seen.length ? seen.reduce((sum, other) => sum + other.at, 0) / seen.length : index;
    });
    layer.sort((a, b) => a.wanted - b.wanted);
    layer.forEach((item, index) => { item.at = index; });
  };
  for (const layer of layers) layer.forEach((item, index) => { item.at = index; });
  for (let sweep = 0; sweep < 4; sweep += 1) {
    for (const layer of layers) look(layer, "ups");
    for (const layer of [...layers].reverse()) look(layer, "downs");
  }
  for (const layer of layers) {
    let x = 0;
    for (const item of layer) {
      item.x = x + item.w / 2;
      x += item.w + GAP;
    }
    for (const item of layer) item.x -= x / 2;
  }
  const pull = (layer, sides) => {
    for (const item of layer) {
      const seen = sides.flatMap((side) => item[side]);
      item.pull = item.node ? 1 : 4;
      item.wanted = seen.length ? seen.reduce((sum, other) => sum + other.x, 0) / seen.length : item.x;
    }
    settle(layer);
  };
  for (let sweep = 0; sweep < 4; sweep += 1) {
    for (const layer of layers) pull(layer, ["ups"]);
    for (const layer of [...layers].reverse()) pull(layer, ["downs"]);
  }
  for (const layer of layers) pull(layer, ["ups", "downs"]);
}

function layOut(node) {
  if (!openScopes.has(node)) {
    const text = node.label;
    const below = belowOf(node);
    node.layout = {
      w: Math.max(boxWidth(text, node.operation ? 7.3 : 7.8), ...below.map((line) => boxWidth(line, 6.7))),
      h: 28 + 18 * below.length,
    };
    return node.layout;
  }
  if (node.layout && node.layout.layers) return node.layout;
  const { children } = node;
  for (const child of children) layOut(child);
  const { rank, below, number } = rankOf(node);
  const layers = Array.from({ length: number }, () => []);
  const items = children.map((child, a) => {
    // What it gives is written below it, at the right of its line.
    const under = child.operation ? 16 + 13 * shapeText(child.operation.shape).length : 0;
    const item = { node: child, w: Math.max(child.layout.w, under), h: child.layout.h, ups: [], downs: [] };
    layers[rank[a]].push(item);
    return item;
  });
  const join = (a, b) => { a.downs.push(b); b.ups.push(a); };
  let places = 0;
  const chain = (from, to) => {
    // Places in the layers from one to before another; none where there are too many already.
    if (to <= from || places + to - from > PLACES) return [];
    places += to - from;
    const made = [];
    for (let at = from; at < to; at += 1) {
      const item = { node: null, w: 2, h: 0, ups: [], downs: [] };
      layers[at].push(item);
      if (made.length) join(made[made.length - 1], item);
      made.push(item);
    }
    return made;
  };
  const routes = new Map();
  const entries = new Map();
  const exits = new Map();
  children.forEach((child, a) => {
    const leaves = node.left.has(child) && node !== root;
    const last = leaves ? number : Math.max(rank[a] + 1, ...below[a].map((b) => rank[b]));
    const way = chain(rank[a] + 1, last);
    if (way.length) join(items[a], way[0]);
    for (const b of below[a]) {
      const length = rank[b] - rank[a] - 1;
      if (way.length >= length) join(length ? way[length - 1] : items[a], items[b]);
      routes.set(a * children.length + b, way.slice(0, length));
    }
    if (leaves) exits.set(child, way);
    if (node.entered.has(child) && node !== root) {
      const before = chain(0, rank[a]);
      if (before.length) join(before[before.length - 1], items[a]);
      entries.set(child, before);
    }
  });
  arrange(layers);
  let left = Infinity;
  let right = -Infinity;
  for (const layer of layers) {
    for (const { x, w } of layer) {
      left = Math.min(left, x - w / 2);
      right = Math.max(right, x + w / 2);
    }
  }
  const inner = Math.max(right - left, node === root ? 0 : headWidth(node) - 2 * PADDING);
  const shift = (inner - (right - left)) / 2 - left + PADDING;
  let y = node === root ? PADDING : HEAD + BETWEEN / 2;
  for (const layer of layers) {
    const high = Math.max(...layer.map((item) => item.h));
    for (const item of layer) {
      item.x += shift;
      item.top = y;
      item.y = y;
      item.bottom = y + high;
    }
    y += high + BETWEEN;
  }
  const h = y - BETWEEN + (node === root ? PADDING : BETWEEN / 2 + 4);
  node.layout = { w: inner + 2 * PADDING, h, layers, items, routes, entries, exits };
  return node.layout;
}

// What is to be seen: boxes and lines, where they are on the whole drawing.

let boxes = [];
let lines = [];
let byNode = new Map();

function place() {
  layOut(root);
  boxes = [];
  byNode = new Map();
  const seen = new Array(operations.length);
  const visit = (node, x, y, top) => {
    const { layout } = node;
    const box = { node, x, y, w: layout.w, h: layout.h };
    if (node !== root) boxes.push(box);
    byNode.set(node, box);
    const shown = top || (openScopes.has(node) ? null : node);
    if (node.operation) seen[node.operation.index] = shown || node;
    if (!shown) {
      layout.items.forEach((item) => visit(item.node, x + item.x - item.node.layout.w / 2, y + item.y, null));
    } else {
      for (const child of node.children) {
        if (child.operation) seen[child.operation.index] = shown;
        else hide(child, shown, seen);
      }
    }
  };
  visit(root, 0, 0, null);
  const pairs = new Map();
  for (const { from, to, isWeights, tensor, shape } of edges) {
    const a = seen[from.index];
    const b = seen[to.index];
    if (a === b) continue;
    const key = (a.id * nodes.length + b.id) * 2 + Number(isWeights);
    const known = pairs.get(key);
    if (!known) pairs.set(key, { a, b, isWeights, tensors: new Map([[tensor, shape]]) });
    else known.tensors.set(tensor, shape);
  }
  lines = [...pairs.values()].map(route);
  label();
}

function hide(scope, shown, seen) {
  for (const stack = [scope]; stack.length; ) {
    for (const child of stack.pop().children) {
      if (child.operation) seen[child.operation.index] = shown;
      else stack.push(child);
    }
  }
}

// The way of a line: from below one box to above another, through the places that it holds.
function route(line) {
  const { a, b, isWeights } = line;
  const from = byNode.get(a);
  const to = byNode.get(b);
  const [low, middle] = [from.y + from.h, to.x + to.w / 2];
  // What a variable is used for elsewhere is seen beside it, most of the time.
  const aside = isWeights && (to.x > from.x + from.w ? 1 : to.x + to.w < from.x ? -1 : 0);
  line.aside = aside;
  line.points = [aside ? [aside > 0 ? from.x + from.w : from.x, from.y + from.h / 2] : [from.x + from.w / 2, low]];
  const end = aside ? [aside > 0 ? to.x : to.x + to.w, to.y + Math.min(to.h, 46) / 2] : [middle, to.y];
  if (!isWeights) {
    let [above, under] = [a, b];
    const ups = [];
    const downs = [];
    const out = () => { ups.push(above); above = above.parent; };
    const into = () => { downs.unshift(under); under = under.parent; };
    while (above.depth > under.depth) out();
    while (under.depth > above.depth) into();
    while (above.parent !== under.parent) {
      out();
      into();
    }
    const pass = (scope, items) => {
      const box = byNode.get(scope);
      for (const item of items || []) line.points.push([box.x + item.x, box.y + item.top], [box.x + item.x, box.y + item.bottom]);
    };
    const edge = (scope, x, below) => {
      const box = byNode.get(scope);
      line.points.push([x, below ? box.y + box.h : box.y]);
    };
    // A line turns aside only where it is below all of its layer.
    const sink = (child) => {
      const box = byNode.get(child.parent);
      line.points.push([line.points[line.points.length - 1][0], box.y + child.parent.layout.items[child.place].bottom]);
    };
    sink(a);
    for (const child of ups) {
      pass(child.parent, child.parent.layout.exits.get(child));
      edge(child.parent, line.points[line.points.length - 1][0], true);
      sink(child.parent);
    }
    pass(above.parent, above.parent.layout.routes.get(above.place * above.parent.children.length + under.place));
    for (const child of downs) {
      const items = child.parent.layout.entries.get(child);
      const box = byNode.get(child.parent);
      const target = byNode.get(child);
      edge(child.parent, items && items.length ? box.x + items[0].x : target.x + target.w / 2, false);
      pass(child.parent, items);
    }
  }
  line.points.push(end);
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  let text = "";
  line.points.forEach(([x, y], index) => {
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    if (!index) {
      text = `M${x.toFixed(1)},${y.toFixed(1)}`;
      return;
    }
    const [x0, y0] = line.points[index - 1];
    if (aside) {
      const bend = aside * Math.max(30, Math.abs(x - x0) / 2);
      text += `C${(x0 + bend).toFixed(1)},${y0.toFixed(1)},${(x - bend).toFixed(1)},${y.toFixed(1)},${x.toFixed(1)},${y.toFixed(1)}`;
    } else if (Math.abs(x - x0) < 0.5) text += `V${y.toFixed(1)}`;
    else {
      const bend = Math.max(Math.abs(y - y0) / 2, y < y0 ? 40 : 0);
      text += `C${x0.toFixed(1)},${(y0 + bend).toFixed(1)},${x.toFixed(1)},${(y - bend).toFixed(1)},${x.toFixed(1)},${y.toFixed(1)}`;
    }
  });
  return Object.assign(line, { path: text, left, top, right, bottom, end });
}

// A tensor's shape stands below what gives it; where lines differ in what they carry, each says it at its end.
function label() {
  const groups = new Map();
  for (const line of lines) {
    const [shape] = line.tensors.values();
    if (line.aside) continue;
    line.says = line.tensors.size === 1 ? shapeText(shape) : `${line.tensors.size} tensors`;
    const group = groups.get(line.a);
    if (group) group.push(line);
    else groups.set(line.a, [line]);
  }
  for (const group of groups.values()) {
    const alike = group.every((line) => line.says === group[0].says);
    group.forEach((line, index) => {
      line.text = alike && index ? "" : line.says;
      const [x, y] = alike ? line.points[0] : line.end;
      line.textAt = alike ? [x + 6, y + 13] : [x + 6, y - 9];
    });
  }
}

// The drawing: only what is in sight, or near to it, exists.

const svg = $("drawing");
const scene = $("scene");
let view = { x: 0, y: 0, scale: 1 };
let drawn = null;
let hits = new Set();

const sight = () => ({ left: -view.x / view.scale, top: -view.y / view.scale,
  right: (svg.clientWidth - view.x) / view.scale, bottom: (svg.clientHeight - view.y) / view.scale });

function move() {
  scene.setAttribute("transform", `translate(${view.x.toFixed(2)},${view.y.toFixed(2)}) scale(${view.scale.toFixed(4)})`);
  const { left, top, right, bottom } = sight();
  const near = drawn && left >= drawn.left && right <= drawn.right && top >= drawn.top && bottom <= drawn.bottom;
  if (!near || view.scale / drawn.scale > 1.5 || view.scale / drawn.scale < 0.67) paint();
}

function boxOf({ node, x, y, w, h }) {
  const isOpen = openScopes.has(node);
  const kind = node.operation ? node.kind : isOpen ? "around" : "scope";
  const box = draw("g", { class: `box ${kind}`, "data-node": node.id },
    draw("rect", { x, y, width: w, height: h, rx: kind === "variable" || kind === "shared" ? 14 : 7 }));
  if (isHit(node)) box.classList.add("hit");
  if (node === visible(current)) box.classList.add("here");
  if (view.scale * 12 < 4) return box;
  const text = (at, size, what, down, attributes = {}) =>
    box.append(draw("text", { x: at, y: y + down, ...attributes }, shorten(what, Math.max(3, Math.floor((w - 16) / size)))));
  const name = node.label === "" ? "(no name)" : node.label;
  if (isOpen) return box;
  if (node.operation) text(x + w / 2, 7.25, name, 18, { "text-anchor": "middle" });
  else text(x + w / 2, 7.3, name, 19, { "text-anchor": "middle", class: "named" });
  belowOf(node).forEach((line, index) => {
    text(x + w / 2, 6.6, line, 36 + 17 * index, { "text-anchor": "middle", class: "stats" });
  });
  return box;
}

const tipAt = (x, y, aside) => (aside ? `M${x - aside * 7},${y - 4}L${x - aside * 7},${y + 4}L${x},${y}Z` : `M${x - 4},${y - 7}L${x + 4},${y - 7}L${x},${y}Z`);

// The name of an open scope, over the lines that enter it.
function headOf({ node, x, y }) {
  const name = node.label === "" ? "(no name)" : node.label;
  return [
    draw("text", { x: x + 12, y: y + 20, class: "named head" }, shorten(name, 40)),
    draw("text", { x: x + statsFrom(node), y: y + 20, class: "stats head" }, belowOf(node).join(", ")),
  ];
}

function paint() {
  const now = sight();
  const [wide, high] = [(now.right - now.left) * 0.6, (now.bottom - now.top) * 0.6];
  drawn = { left: now.left - wide, right: now.right + wide, top: now.top - high, bottom: now.bottom + high, scale: view.scale };
  const inSight = (left, top, right, bottom) => left < drawn.right && right > drawn.left && top < drawn.bottom && bottom > drawn.top;
  const chosen = visible(current);
  const around = [];
  const within = [];
  const texts = [];
  for (const box of boxes) {
    if (!inSight(box.x, box.y, box.x + box.w, box.y + box.h)) continue;
    (openScopes.has(box.node) ? around : within).push(boxOf(box));
    if (openScopes.has(box.node) && view.scale > 0.3) texts.push(...headOf(box));
  }
  const ways = [];
  for (const line of lines) {
    if (!inSight(line.left - 40, line.top - 60, line.right + 40, line.bottom + 60)) continue;
    const more = `${line.isWeights ? " weights" : ""}${chosen && (line.a === chosen || line.b === chosen) ? " on" : ""}`;
    ways.push(draw("path", { class: `edge${more}`, d: line.path, "stroke-width": Math.min(4, 1 + Math.log2(line.tensors.size) / 2).toFixed(1) }));
    if (view.scale < 0.35) continue;
    const [x, y] = line.end;
    ways.push(draw("path", { class: `tip${more}`, d: tipAt(x, y, line.aside) }));
    if (line.text) texts.push(draw("text", { class: "shape", x: line.textAt[0], y: line.textAt[1] }, line.text));
  }
  scene.replaceChildren(...around, ...ways, ...within, ...texts);
  svg.setAttribute("aria-label", `${many(boxes.length, "box").replace("boxs", "boxes")} and ${many(lines.length, "line")}; the list has them in words`);
}

function show(x, y, scale) {
  view = { x, y, scale };
  move();
}

function fit() {
  const { w, h } = root.layout;
  const room = svg.clientHeight - BUTTONS;
  const scale = Math.max(0.01, Math.min(1.1, svg.clientWidth / w, room / h));
  show((svg.clientWidth - w * scale) / 2, (room - h * scale) / 2, scale);
}

// All of it, or the beginning where all would be too small to read: over the scope with the most in it.
function begin() {
  fit();
  if (view.scale >= 0.55) return;
  const { w } = root.layout;
  const wide = svg.clientWidth;
  const scale = Math.max(0.55, Math.min(1, wide / w));
  const most = root.children.reduce((a, b) => (b.number - b.variables > a.number - a.variables ? b : a), root.children[0]);
  const box = byNode.get(most);
  const x = wide / 2 - (box.x + box.w / 2) * scale;
  show(w * scale > wide ? Math.max(wide - w * scale, Math.min(0, x)) : (wide - w * scale) / 2, 0, scale);
}

function zoom(factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) {
  const scale = Math.max(0.01, Math.min(4, view.scale * factor));
  const ratio = scale / view.scale;
  show(x - (x - view.x) * ratio, y - (y - view.y) * ratio, scale);
}

// The box that stands for a node: its own, or that of the scope that hides it.
function visible(node) {
  let shown = node;
  for (let at = node; at; at = at.parent) if (!byNode.has(at)) shown = at.parent;
  return shown;
}

function isHit(node) {
  return terms.length > 0 && !openScopes.has(node) && node.found > 0;
}

function center(node) {
  const box = byNode.get(visible(node));
  const { left, top, right, bottom } = sight();
  if (box.x >= left && box.x + box.w <= right && box.y >= top && box.y + Math.min(box.h, 60) <= bottom) return;
  const scale = Math.max(view.scale, 0.7);
  const high = Math.min(box.h * scale, svg.clientHeight - 80);
  show(svg.clientWidth / 2 - (box.x + box.w / 2) * scale, (svg.clientHeight - high) / 2 - box.y * scale, scale);
}

// What is open: the list and the drawing open and close together.

function stale(node) {
  for (let at = node; at; at = at.parent) at.layout = null;
}

function setOpen(node, wanted) {
  if (node.operation || openScopes.has(node) === wanted) return;
  if (wanted) openScopes.add(node);
  else openScopes.delete(node);
  stale(node);
}

// After a change the box stays where it was on the screen.
function refresh(anchor = null) {
  const before = anchor && byNode.get(anchor);
  place();
  const after = before && byNode.get(anchor);
  drawn = null;
  if (after) show(view.x + (before.x - after.x) * view.scale, view.y + (before.y - after.y) * view.scale, view.scale);
  else move();
  listRows();
  drawRows();
}

function toggleBoth(node) {
  setOpen(node, !openScopes.has(node));
  refresh(visible(node));
}

function openTo(node) {
  for (let scope = node.parent; scope; scope = scope.parent) setOpen(scope, true);
}

function reveal(node) {
  if (terms.length) {
    $("search").value = "";
    filter();
  }
  openTo(node);
  refresh(visible(node.parent));
  choose(node);
}

// The list.

// What a search has closed again; all else that has been found is open in the list, though not in the drawing.
let closed = new Set();
const isScope = (node) => !node.operation;
const isOpen = (node) => (terms.length ? !closed.has(node) : openScopes.has(node));
const inside = (scope) => (terms.length ? scope.children.filter((child) => child.found) : scope.children);

function rowOf(node) {
  const number = (text) => make("span", { class: "number" }, node.variables ? text : "");
  const numbers = [number(numberText(node.parameters)), number(sizeText(node.bytes)),
    make("span", { class: "number time" }, node.timed ? timeText(node.seconds) : "")];
  const said = node.label === "" ? "(no name)" : node.label;
  if (isScope(node)) {
    return newRow(node, [said, ...belowOf(node)].join(", "), make("span", {}, many(node.number, "op")), ...numbers).row;
  }
  const { operation, kind } = node;
  const shape = shapeText(operation.shape);
  const what = kind === "shared" ? `shared by ${many(operation.uses.length, "operation")}` : operation.type;
  const told = [said, what, shape, operation.dtype, node.variables ? sizeText(node.bytes) : "", timeOf(node)].filter(Boolean).join(", ");
  const { row, name } = newRow(node, told, make("span", {}, shape), ...numbers);
  name.prepend(glyph(kind));
  return row;
}

function onChosen(node) {
  center(node);
  paint();
}

function toggle(node) {
  if (!terms.length) {
    toggleBoth(node);
    return;
  }
  if (!closed.delete(node)) closed.add(node);
  listRows();
  drawRows();
}

function enter(node) {
  if (terms.length) reveal(node);
  else if (isScope(node)) toggle(node);
  else center(node);
}

function openBeside(node) {
  if (terms.length) return;
  for (const sibling of node.parent.children) setOpen(sibling, true);
  refresh(node);
}

// The drawing under the hand.

let held = null;
svg.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  held = { x: event.clientX, y: event.clientY, view, moved: false };
});
addEventListener("pointermove", (event) => {
  if (!held) return;
  const [x, y] = [event.clientX - held.x, event.clientY - held.y];
  if (!held.moved && Math.hypot(x, y) < 4) return;
  held.moved = true;
  svg.classList.add("held");
  show(held.view.x + x, held.view.y + y, view.scale);
});
addEventListener("pointerup", () => {
  svg.classList.remove("held");
  // A click follows a drag, and means nothing then.
  setTimeout(() => { held = null; });
});
svg.addEventListener("click", (event) => {
  const box = event.target.closest("[data-node]");
  if (!box || (held && held.moved)) return;
  const node = nodes[Number(box.dataset.node)];
  choose(node);
  if (event.detail === 2 && isScope(node)) toggleBoth(node);
});
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const frame = svg.getBoundingClientRect();
  const lines_ = event.deltaMode === 1 ? 30 : 1;
  zoom(Math.exp(-event.deltaY * lines_ * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - frame.left, event.clientY - frame.top);
}, { passive: false });
const STEPS = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
svg.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (STEPS[event.key]) show(view.x + STEPS[event.key][0], view.y + STEPS[event.key][1], view.scale);
  else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit();
  else if ((event.key === "Enter" || event.key === " ") && current && isScope(current)) toggleBoth(current);
  else return;
  event.preventDefault();
});
$("nearer").addEventListener("click", () => zoom(1.25));
$("farther").addEventListener("click", () => zoom(0.8));
$("fit").addEventListener("click", fit);
$("open").addEventListener("click", () => {
  for (const node of nodes) setOpen(node, true);
  refresh();
  begin();
});
$("close").addEventListener("click", () => {
  for (const node of nodes) if (node !== root) setOpen(node, false);
  refresh();
  begin();
});

// What is known of the chosen one.

const LISTED = 40;
function links(heading, indices) {
  if (!indices.length) return [];
  const dd = make("dd");
  for (const index of indices.slice(0, LISTED)) {
    const button = make("button", { type: "button", class: "jump" }, operations[index].name || "(no name)");
    button.addEventListener("click", () => reveal(operations[index].node));
    dd.append(button);
  }
  if (indices.length > LISTED) dd.append(`and ${(indices.length - LISTED).toLocaleString("en")} more`);
  return [make("dt", {}, heading), dd];
}

const told = (pairs) => pairs.flatMap(([name, value]) => (value === "" ? [] : [make("dt", {}, name), make("dd", {}, value)]));

function drawDetails() {
  const panel = $("details");
  if (!current) {
    panel.replaceChildren(
      make("p", { class: "said" }, "Choose a scope or an operation; two clicks open a scope. Drag the drawing, and turn the wheel to come nearer."),
      keysText(["+ − 0", "in the drawing: nearer, farther, all"]),
    );
    return;
  }
  if (!current.operation) {
    panel.replaceChildren(
      make("h2", {}, current.path || "(no name)"),
      make("dl", {}, ...told([["operations", (current.number - current.variables).toLocaleString("en")],
        ["variables", current.variables.toLocaleString("en")], ["parameters", current.parameters.toLocaleString("en")],
        ["size", sizeText(current.bytes)], ["time", timeOf(current)]])),
    );
    return;
  }
  const { operation, kind } = current;
  panel.replaceChildren(
    make("h2", {}, glyph(kind), make("span", {}, operation.name || "(no name)")),
    ...(kind === "shared" ? [make("p", { class: "said" }, `One variable, used by ${operation.uses.length.toLocaleString("en")} operations.`)] : []),
    make("dl", {}, ...told([["type", operation.type], ["shape", shapeText(operation.shape)], ["dtype", operation.dtype],
      ["size", operation.bytes === null ? "" : sizeText(operation.bytes)], ["time", timeOf(current)]]),
    ...links("reads", [...new Set(operation.reads)]),
    ...(operation.isVariable ? links("used by", operation.uses) : links("read by", [...new Set(operation.readers)]))),
  );
}

// The search.

function filter() {
  terms = searched();
  closed = new Set();
  for (const node of nodes) node.found = 0;
  let found = 0;
  for (const { node } of operations) {
    if (!terms.every((term) => node.text.includes(term))) continue;
    found += 1;
    for (let at = node; at; at = at.parent) at.found += 1;
  }
  listRows();
  $("nothing").hidden = found > 0 || !terms.length;
  tree.hidden = !$("nothing").hidden;
  $("count").textContent = terms.length ? `${found.toLocaleString("en")} of ${many(operations.length, "operation")}` : "";
  tree.scrollTop = terms.length || !isListed(current) ? 0 : Math.max(0, current.row * ROW - tree.clientHeight / 2);
  drawRows();
  paint();
}

function showAll() {
  $("search").value = "";
  filter();
}

// Begin: whole levels, as long as they fit on a screen or so.

for (let level = root.children.filter((child) => !child.operation), number = root.children.length; level.length; ) {
  number += level.reduce((sum, scope) => sum + scope.children.length, 0);
  if (number > 40) break;
  for (const scope of level) openScopes.add(scope);
  level = level.flatMap((scope) => scope.children.filter((child) => !child.operation));
}
const shared = operations.filter(({ node }) => node.kind === "shared").length;
$("title").textContent = data.title;
$("sums").textContent = [many(root.number - root.variables, "operation"),
  many(root.variables, "variable") + (shared ? `, ${shared.toLocaleString("en")} of them shared` : ""),
  many(root.parameters, "parameter"), sizeText(root.bytes), ...(root.timed ? [`${timeText(root.seconds)} forward`] : [])].join(" · ");
place();
filter();
drawDetails();
begin();
new ResizeObserver(() => { drawn = null; move(); }).observe(svg);
