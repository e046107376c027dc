// What the reader does, and what is shown then.

const data = JSON.parse(at("trace").textContent), names = new Names(data);
const state = new State(data), curve = new Curve(at("curve"), data.steps);
let shown = [], playing = null;

const focusKey = () => document.activeElement && document.activeElement.dataset && document.activeElement.dataset.key;
const most = () => (window.innerWidth < 620 ? 6 : 12);

// ---- showing

function render() {
  const phase = state.phases[state.phase], [said, formula] = sayings(phase, state.net, data);
  at("said").textContent = said;
  at("formula").textContent = formula;
  at("phases").querySelectorAll("button").forEach((button, k) => (k === state.phase ? button.setAttribute("aria-current", "step") : button.removeAttribute("aria-current")));
  at("next").querySelector("span").textContent = phase.kind === "update" ? (state.live ? "Make the update" : "Begin again") : "Next";
  at("back").disabled = state.phase === 0;
  renderNetwork();
  renderPanel();
  renderRow();
  renderSteps();
}

// What had the focus has it again, when it was drawn anew.
function keepingFocus(into, work) {
  const key = into.contains(document.activeElement) ? focusKey() : null;
  work();
  const again = key && into.querySelector(`[data-key="${key}"]`);
  if (again) again.focus({ preventScroll: true });
}

function renderNetwork() {
  keepingFocus(at("network"), () => {
    shown = shownUnits(state, most());
    drawNetwork(state, shown, at("network"));
    const all = [...at("network").querySelectorAll("[data-key]")], chosen = all.find((each) => each.dataset.key === current());
    (chosen || at("network").querySelector(".unit")).setAttribute("tabindex", 0);
  });
  mark();
}

const current = () => state.hovered || state.selected || subject(state, shown);

function mark() {
  const key = current(), chosen = key.includes(":") ? parse(key) : { kind: key };
  const free = !state.hovered && !state.selected, phase = state.phases[state.phase];
  const part = ({ kind, l, i, j }) =>
    !(free && kind === "w" && !isActive(phase, l)) &&
    ((chosen.kind === "u" && kind === "w" && ((l === chosen.l && i === chosen.i) || (l + 1 === chosen.l && j === chosen.i))) ||
    (chosen.kind === "w" && kind === "u" && ((l === chosen.l && i === chosen.i) || (l === chosen.l + 1 && i === chosen.j))));
  for (const each of at("network").querySelectorAll("[data-key]")) {
    each.classList.toggle("chosen", each.dataset.key === key);
    each.classList.toggle("part", Boolean(part(parse(each.dataset.key))));
  }
  at("network").classList.toggle("choosing", !free || (at("network").classList.contains("large") && chosen.kind === "u"));
}

function renderPanel() {
  const key = current(), [title, parts] = panelOf(state, key), field = at("field"), editable = key.includes(":");
  at("subject").textContent = title;
  at("subject").dataset.key = key;
  at("free").hidden = !state.selected;
  at("edit").hidden = !editable;
  if (editable) {
    at("fieldname").textContent = fieldName(state, key);
    field.disabled = !state.live;
    if (document.activeElement !== field || field.dataset.of !== key) field.value = valueOf(state, key);
    field.dataset.of = key;
    field.dataset.value = valueOf(state, key);
  }
  keepingFocus(at("terms"), () => at("terms").replaceChildren(...parts));
  const long = parts.some((each) => each.textContent.includes(" others"));
  at("all").hidden = !(long || state.all);
  at("all").textContent = state.all ? "Only the largest" : "Every term";
}

function renderRow() {
  const { net, row, now } = state, K = net.sizes[names.last], width = net.targets.length / net.rows;
  at("row").value = row;
  for (const input of at("rowfields").querySelectorAll("input")) if (document.activeElement !== input) input.value = valueOf(state, input.dataset.of);
  const label = at("rowfields").querySelector("select");
  if (label) label.value = String(argmax(net.targets.subarray(row * width, row * width + width)));
  const outputs = Array.from({ length: K }, (_, k) => now.activations[names.last][row * K + k]), best = argmax(outputs);
  renderRows();
  at("answer").replaceChildren(...(K === 1 ? ["output ", number(outputs[0])] : ["largest output ", names.unit(names.last, best), ": ", number(outputs[best])]), ", loss ", number(now.losses[row] / (net.shares[row] || 1), { id: "rowloss" }));
  renderImage();
}
// All rows at a glance, where they and the inputs are few.
function renderRows() {
  const { net, now, row } = state, m = net.sizes[0], K = net.sizes[names.last], width = net.targets.length / net.rows;
  if (net.rows < 2 || net.rows > 12 || m > 3 || width > 2 || K > 2) return;
  const ends = (many, letter) => Array.from({ length: many }, (_, k) => (many > 1 ? letter + k : letter)), cut = (array, size, r) => Array.from(array.subarray(r * size, r * size + size));
  const heads = ["row", ...ends(m, "x"), ...ends(width, "t"), ...ends(K, "y")];
  const body = Array.from({ length: net.rows }, (_, r) => make("tr", { class: r === row ? "now" : null },
    make("th", { scope: "row" }, make("button", { type: "button", class: "link", "data-key": `r:${r}` }, String(names.rowNumbers ? names.rowNumbers[r] : r))),
    ...[...cut(net.inputs, m, r), ...cut(net.targets, width, r), ...cut(now.activations[names.last], K, r)].map((value) => make("td", {}, number(value)))));
  keepingFocus(at("rows"), () => at("rows").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, ...body))));
}
const argmax = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

// Inputs that fill a square are probably an image.
function renderImage() {
  const { net, row } = state, m = net.sizes[0], edge = Math.sqrt(m), canvas = at("image");
  canvas.hidden = !(Number.isInteger(edge) && m >= 16 && m === names.allSizes[0]);
  if (canvas.hidden) return;
  canvas.width = canvas.height = edge;
  const values = net.inputs.subarray(row * m, row * m + m), low = Math.min(...values), high = Math.max(...values), paint = canvas.getContext("2d"), pixels = paint.createImageData(edge, edge);
  values.forEach((value, k) => pixels.data.set([...Array(3).fill((255 * (value - low)) / (high - low || 1)), 255], 4 * k));
  paint.putImageData(pixels, 0, 0);
}

function renderSteps() {
  const { now, past, step } = state;
  at("loss").replaceChildren(number(now.loss));
  at("step").textContent = step;
  const slider = at("slider");
  Object.assign(slider, { min: state.first, max: past.length - 1, value: step, disabled: past.length < 2 });
  curve.follow(state);
}

// ---- doing

function goPhase(phase) {
  state.phase = phase;
  state.hovered = null;
  render();
}
function next() {
  if (state.phase < state.phases.length - 1) return goPhase(state.phase + 1);
  if (state.live) state.update();
  goPhase(0);
}
const previous = () => state.phase && goPhase(state.phase - 1);

function updates(count) {
  if (!state.live) return;
  for (let k = 0; k < count; k++) state.update();
  render();
}
function play() {
  if (!state.live) return;
  playing = playing ? void clearInterval(playing) : setInterval(() => updates(1), 120);
  at("play").textContent = playing ? "Pause" : "Play";
  at("play").setAttribute("aria-pressed", Boolean(playing));
}
function goRow(row) {
  state.row = Math.min(Math.max(row, 0), state.net.rows - 1);
  render();
}
function select(key) {
  if (key && key.startsWith("r:")) return goRow(parse(key).l);
  state.selected = key;
  state.hovered = null;
  render();
}
function hover(key) {
  if (key === state.hovered) return;
  state.hovered = key;
  mark();
  renderPanel();
}
function edit(key, text) {
  const value = Number(text.replace(MINUS, "-")), [array, place] = placeOf(state, key), good = text.trim() !== "" && Number.isFinite(value);
  if (good && array[place] !== value) {
    array[place] = value;
    state.edited();
    render();
  }
  return good;
}
function setRate(text) {
  const rate = Number(text);
  if (!(text.trim() !== "" && rate >= 0 && Number.isFinite(rate))) return false;
  state.net.rate = rate;
  render();
  return true;
}
function setLabel(k) {
  const { net, row } = state, width = net.targets.length / net.rows;
  net.targets.fill(0, row * width, row * width + width)[row * width + k] = 1;
  state.edited();
  render();
}
function startAgain() {
  state.restart();
  at("rate").value = state.net.rate;
  render();
}

// A number field: what is typed counts at once, arrow keys change it, Escape gives the old one back.
function numberField(field, take) {
  field.addEventListener("input", () => field.setAttribute("aria-invalid", !take(field.value)));
  field.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const value = Number(field.value) || 0, size = event.shiftKey ? 1 : 0.1;
    field.value = Number((value + way * (field.id === "rate" ? Math.max(value, 0.001) * size : size)).toPrecision(12));
    field.setAttribute("aria-invalid", !take(field.value));
  });
}

// ---- keys

// In the picture: up and down among units of a layer, or weights into the same unit; left and right from unit to weight to unit.
function walk(key, direction) {
  const all = [...at("network").querySelectorAll("[data-key]")].map((each) => each.dataset.key), { kind, l, i, j } = parse(key);
  const strongest = (keys) => keys.sort((a, b) => size(b) - size(a))[0], size = (each) => Math.abs(at("network").querySelector(`[data-key="${each}"]`).dataset.value);
  const weights = (test) => all.filter((each) => each.startsWith("w") && test(parse(each)));
  const turn = (keys) => keys[(keys.indexOf(key) + (direction === "ArrowDown" ? 1 : keys.length - 1)) % keys.length];
  if (direction === "ArrowUp" || direction === "ArrowDown")
    return turn(kind === "u" ? all.filter((each) => each.startsWith(`u:${l}:`)) : weights((each) => each.l === l && each.j === j));
  if (kind === "w") return direction === "ArrowLeft" ? unitKey(l, i) : unitKey(l + 1, j);
  return strongest(direction === "ArrowLeft" ? weights((each) => each.l + 1 === l && each.j === i) : weights((each) => each.l === l && each.i === i));
}

function inPicture(event) {
  const key = focusKey();
  if (event.key.startsWith("Arrow")) {
    const to = walk(key, event.key);
    if (to) {
      state.selected = to;
      render();
      at("network").querySelector(`[data-key="${to}"]`).focus();
    }
  } else if (event.key === "Enter" || event.key === " ") {
    select(key);
    if (event.key === "Enter" && state.live) at("field").focus();
  } else return false;
  return true;
}

const KEYS = {
  ArrowRight: next, ArrowLeft: previous, PageDown: next, PageUp: previous, n: next, p: previous, u: () => updates(1), " ": play,
  ArrowDown: () => goRow(state.row + 1), ArrowUp: () => goRow(state.row - 1), "/": () => at("search").focus(), r: startAgain,
  Escape: () => select(null), "?": () => at("help").showModal(),
};
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  const target = event.target, slides = target.matches("[type=range]");
  if (slides && /^(Arrow|Page)/.test(event.key)) return;
  if (target.matches("input, select") && !slides) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (event.key === " " && target.matches("button, summary")) return;
  const done = target.closest && target.closest("#network [data-key]") ? inPicture(event) : false;
  if (done || KEYS[event.key]) event.preventDefault();
  if (!done && KEYS[event.key]) KEYS[event.key]();
}

// ---- the page

function buildRow() {
  const { net } = state, width = net.targets.length / net.rows, fields = [];
  at("row").append(...Array.from({ length: net.rows }, (_, r) => make("option", { value: r }, names.row(r))));
  const field = (key, label) => fields.push(make("label", {}, label, make("input", { type: "text", inputmode: "decimal", "data-of": key, ...(state.live ? {} : { disabled: "" }) })));
  if (net.sizes[0] <= 8) for (let i = 0; i < net.sizes[0]; i++) field(unitKey(0, i), names.unit(0, i));
  if (net.loss.name === "cross_entropy" && width > 1) {
    const choice = make("select", { "aria-label": "target", ...(state.live ? {} : { disabled: "" }) }, ...Array.from({ length: width }, (_, k) => make("option", { value: k }, names.unit(names.last, k))));
    choice.addEventListener("change", () => setLabel(Number(choice.value)));
    fields.push(make("label", {}, "target", choice));
  } else if (width <= 4) for (let k = 0; k < width; k++) field(`t:0:${k}`, width > 1 ? `target ${k}` : "target");
  at("rowfields").append(...fields);
  for (const input of at("rowfields").querySelectorAll("input")) numberField(input, (text) => edit(input.dataset.of, text));
}

function build() {
  at("phases").append(...state.phases.map(({ title }, k) => {
    const button = make("button", { type: "button" }, make("b", {}, String(k + 1)), make("span", {}, title));
    button.addEventListener("click", () => goPhase(k));
    return make("li", {}, button);
  }));
  at("rate").value = state.net.rate;
  if (!state.live) document.body.classList.add("fixed");
  for (const each of document.querySelectorAll(".live button, .live input")) each.disabled = !state.live;
  buildRow();
}

function listen() {
  const click = (id, work) => at(id).addEventListener("click", work);
  click("next", next);
  click("back", previous);
  click("once", () => updates(1));
  click("ten", () => updates(10));
  click("play", play);
  click("again", startAgain);
  click("free", () => select(null));
  click("helpbutton", () => at("help").showModal());
  click("all", () => {
    state.all = !state.all;
    renderPanel();
  });
  at("slider").addEventListener("input", () => (state.goTo(Number(at("slider").value)), render()));
  at("row").addEventListener("change", () => goRow(Number(at("row").value)));
  numberField(at("rate"), setRate);
  numberField(at("field"), (text) => edit(at("field").dataset.of, text));
  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-key]:not(h2)");
    if (found) select(found.dataset.key);
  });
  at("network").addEventListener("mouseover", (event) => {
    const found = event.target.closest("[data-key]");
    hover(found ? found.dataset.key : null);
  });
  at("network").addEventListener("mouseleave", () => hover(null));
  at("network").addEventListener("focusin", (event) => {
    const key = event.target.dataset.key;
    if (key && key !== state.selected) hover(key);
  });
  at("network").addEventListener("focusout", () => hover(null));
  document.addEventListener("keydown", onKey);
  new ResizeObserver(() => (renderNetwork(), curve.paint())).observe(at("network").parentElement);
  listenToSearch();
}

function listenToSearch() {
  const box = at("search"), list = at("found");
  const choose = (key) => {
    state.pinned = [key, ...state.pinned].slice(0, 4);
    box.value = "";
    list.replaceChildren();
    select(key);
  };
  const offer = () => {
    const keys = search(state, box.value);
    list.replaceChildren(...keys.map((key) => {
      const button = make("button", { type: "button" }, names.of(key));
      button.addEventListener("click", () => choose(key));
      return make("li", {}, button);
    }));
    if (box.value.trim() && !keys.length) list.append(make("li", {}, "nothing of that name"));
    return keys;
  };
  box.addEventListener("input", offer);
  box.addEventListener("keydown", (event) => {
    const [first] = event.key === "Enter" ? offer() : [];
    if (first) choose(first);
  });
}

build();
listen();
render();
