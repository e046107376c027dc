// What the reader may do: go on, choose, edit, make updates.

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
  if (!state.live || !Number.isFinite(state.now.loss)) return;
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
  const value = Number(text.replace(MINUS, "-")),
    [array, place] = placeOf(state, key),
    good = text.trim() !== "" && Number.isFinite(value);
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
  const { net, row } = state,
    width = net.targets.length / net.rows;
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
    const value = Number(field.value) || 0,
      size = event.shiftKey ? 1 : 0.1;
    field.value = Number((value + way * (field.id === "rate" ? Math.max(value, 0.001) * size : size)).toPrecision(12));
    field.setAttribute("aria-invalid", !take(field.value));
  });
}
