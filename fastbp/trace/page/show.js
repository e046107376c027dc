// What the page shows of the state, and the state itself.

const data = JSON.parse(at("trace").textContent),
  names = new Names(data);
const state = new State(data),
  curve = new Curve(at("curve"), data.steps);
let shown = [],
  playing = null;

const focusKey = () => document.activeElement && document.activeElement.dataset && document.activeElement.dataset.key;
const most = () => (window.innerWidth < 620 ? 6 : 12);

function render() {
  const phase = state.phases[state.phase],
    [said, formula] = sayings(phase, state.net, data);
  at("said").textContent = said;
  at("formula").textContent = formula;
  at("phases")
    .querySelectorAll("button")
    .forEach((button, k) => (k === state.phase ? button.setAttribute("aria-current", "step") : button.removeAttribute("aria-current")));
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
    const all = [...at("network").querySelectorAll("[data-key]")],
      chosen = all.find((each) => each.dataset.key === current());
    (chosen || at("network").querySelector(".unit")).setAttribute("tabindex", 0);
  });
  mark();
}

const current = () => state.hovered || state.selected || subject(state, shown);

function mark() {
  const key = current(),
    chosen = key.includes(":") ? parse(key) : { kind: key };
  const free = !state.hovered && !state.selected,
    phase = state.phases[state.phase];
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
  const key = current(),
    [title, parts] = panelOf(state, key),
    field = at("field"),
    editable = key.includes(":");
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
  const { net, row, now } = state,
    K = net.sizes[names.last],
    width = net.targets.length / net.rows;
  at("row").value = row;
  for (const input of at("rowfields").querySelectorAll("input"))
    if (document.activeElement !== input) input.value = valueOf(state, input.dataset.of);
  const label = at("rowfields").querySelector("select");
  if (label) label.value = String(argmax(net.targets.subarray(row * width, row * width + width)));
  const outputs = Array.from({ length: K }, (_, k) => now.activations[names.last][row * K + k]),
    best = argmax(outputs);
  renderRows();
  at("answer").replaceChildren(
    ...(K === 1 ? ["output ", number(outputs[0])] : ["largest output ", names.unit(names.last, best), ": ", number(outputs[best])]),
    ", loss ",
    number(now.losses[row] / (net.shares[row] || 1), { id: "rowloss" }),
  );
  renderImage();
}
// All rows at a glance, where they and the inputs are few.
function renderRows() {
  const { net, now, row } = state,
    m = net.sizes[0],
    K = net.sizes[names.last],
    width = net.targets.length / net.rows;
  if (net.rows < 2 || net.rows > 12 || m > 3 || width > 2 || K > 2) return;
  const ends = (many, letter) => Array.from({ length: many }, (_, k) => (many > 1 ? letter + k : letter)),
    cut = (array, size, r) => Array.from(array.subarray(r * size, r * size + size));
  const heads = ["row", ...ends(m, "x"), ...ends(width, "t"), ...ends(K, "y")];
  const body = Array.from({ length: net.rows }, (_, r) =>
    make(
      "tr",
      { class: r === row ? "now" : null },
      make(
        "th",
        { scope: "row" },
        make("button", { type: "button", class: "link", "data-key": `r:${r}` }, String(names.rowNumbers ? names.rowNumbers[r] : r)),
      ),
      ...[...cut(net.inputs, m, r), ...cut(net.targets, width, r), ...cut(now.activations[names.last], K, r)].map((value) =>
        make("td", {}, number(value)),
      ),
    ),
  );
  keepingFocus(at("rows"), () =>
    at("rows").replaceChildren(
      make(
        "table",
        {},
        make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
        make("tbody", {}, ...body),
      ),
    ),
  );
}
const argmax = (values) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

// Inputs that fill a square are probably an image.
function renderImage() {
  const { net, row } = state,
    m = net.sizes[0],
    edge = Math.sqrt(m),
    canvas = at("image");
  canvas.hidden = !(Number.isInteger(edge) && m >= 16 && m === names.allSizes[0]);
  if (canvas.hidden) return;
  canvas.width = canvas.height = edge;
  const values = net.inputs.subarray(row * m, row * m + m),
    low = Math.min(...values),
    high = Math.max(...values),
    paint = canvas.getContext("2d"),
    pixels = paint.createImageData(edge, edge);
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
