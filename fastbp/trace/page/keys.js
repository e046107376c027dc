// The keyboard: phases, rows and updates anywhere; units and weights inside the picture.

// In the picture: up and down among units of a layer, or weights into the same unit; left and right from unit to weight to unit.
function walk(key, direction) {
  const all = [...at("network").querySelectorAll("[data-key]")].map((each) => each.dataset.key),
    { kind, l, i, j } = parse(key);
  const strongest = (keys) => keys.sort((a, b) => size(b) - size(a))[0],
    size = (each) => Math.abs(at("network").querySelector(`[data-key="${each}"]`).dataset.value);
  const weights = (test) => all.filter((each) => each.startsWith("w") && test(parse(each)));
  const turn = (keys) => keys[(keys.indexOf(key) + (direction === "ArrowDown" ? 1 : keys.length - 1)) % keys.length];
  if (direction === "ArrowUp" || direction === "ArrowDown")
    return turn(kind === "u" ? all.filter((each) => each.startsWith(`u:${l}:`)) : weights((each) => each.l === l && each.j === j));
  if (kind === "w") return direction === "ArrowLeft" ? unitKey(l, i) : unitKey(l + 1, j);
  return strongest(
    direction === "ArrowLeft" ? weights((each) => each.l + 1 === l && each.j === i) : weights((each) => each.l === l && each.i === i),
  );
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
  ArrowRight: next,
  ArrowLeft: previous,
  PageDown: next,
  PageUp: previous,
  n: next,
  p: previous,
  u: () => updates(1),
  " ": play,
  ArrowDown: () => goRow(state.row + 1),
  ArrowUp: () => goRow(state.row - 1),
  "/": () => at("search").focus(),
  r: startAgain,
  Escape: () => select(null),
  "?": () => at("help").showModal(),
};
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  const target = event.target,
    slides = target.matches("[type=range]");
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
