// The network: units in columns, weights as lines. Blue and solid is positive, orange and dashed negative; thickness is size.

// What a unit has to do with a row's error: its output times what comes back to it.
function scores(state, l) {
  const { net, now, row } = state,
    m = net.sizes[l],
    n = net.sizes[l + 1];
  return Array.from({ length: m }, (_, i) => {
    if (l === net.weights.length) return Math.abs(now.deltas[l - 1][row * m + i]);
    let sum = 0;
    for (let j = 0; j < n; j++) sum += net.weights[l][i * n + j] * now.deltas[l][row * n + j];
    return Math.abs(sum * now.activations[l][row * m + i]);
  });
}

// Units of each column that are drawn: all where they are few, else those that carry most of the row's error, and those looked at.
function shownUnits(state, most) {
  const wanted = [state.selected, ...state.pinned].filter(Boolean).map(parse);
  return state.net.sizes.map((m, l) => {
    const all = Array.from({ length: m }, (_, i) => i);
    if (m <= most) return all;
    const must = new Set();
    for (const { kind, l: layer, i, j } of wanted) {
      if (kind === "u" && layer === l) must.add(i);
      if (kind === "b" && layer + 1 === l) must.add(i);
      if (kind === "w" && layer === l) must.add(i);
      if (kind === "w" && layer + 1 === l) must.add(j);
    }
    const score = scores(state, l),
      order = all.filter((i) => !must.has(i)).sort((a, b) => score[b] - score[a] || a - b);
    return [...must, ...order].slice(0, Math.max(most, must.size)).sort((a, b) => a - b);
  });
}

// The number that a line stands for.
function edgeValue(state, l, i, j) {
  const { net, now, row } = state,
    phase = state.phases[state.phase],
    m = net.sizes[l],
    n = net.sizes[l + 1],
    w = net.weights[l][i * n + j];
  if (phase.kind === "forward" && phase.l === l) return w * now.activations[l][row * m + i];
  if (phase.kind === "backward" && phase.l === l - 1) return w * now.deltas[l][row * n + j];
  if (phase.kind === "update") return -net.rate * now.weightGradients[l][i * n + j];
  return w;
}

function isActive(phase, l) {
  if (phase.kind === "forward") return phase.l === l;
  if (phase.kind === "backward") return phase.l === l - 1;
  return phase.kind === "update" || phase.kind === "inputs";
}

// What a unit shows: a letter and a number, or nothing yet.
function unitValue(state, l, i) {
  const { net, now, row } = state,
    phase = state.phases[state.phase],
    place = row * net.sizes[l] + i;
  if (l > 0 && reached(phase, "delta", l - 1)) return ["δ", now.deltas[l - 1][place]];
  if (reached(phase, "activation", l)) return [l === 0 ? "" : "a", now.activations[l][place]];
  return null;
}

function geometry(state, shown, width) {
  const tallest = Math.max(...shown.map((units) => units.length)),
    large = tallest <= 5,
    radius = large ? 33 : 19;
  const pitch = large ? 126 : 58,
    height = Math.max(tallest * pitch + 34, 250),
    columns = shown.length;
  const margin = radius + 22,
    wide = Math.max(width, (columns - 1) * 120 + 2 * margin);
  const right = margin + (state.phases[state.phase].kind === "error" ? 58 : 0);
  const place = shown.map((units, l) => {
    const x = margin + (l * (wide - margin - right)) / (columns - 1);
    return new Map(units.map((i, order) => [i, { x, y: 22 + (height - 34) / 2 + (order - (units.length - 1) / 2) * pitch }]));
  });
  return { place, radius, large, height, width: wide };
}

const sign = (value) => (value > 0 ? "plus" : value < 0 ? "minus" : "zero");

function drawEdges(state, shown, { place, radius, large }) {
  const phase = state.phases[state.phase],
    group = draw("g", { class: "edges" });
  for (let l = 0; l < shown.length - 1; l++) {
    const values = [];
    for (const i of shown[l]) for (const j of shown[l + 1]) values.push({ i, j, value: edgeValue(state, l, i, j) });
    const largest = Math.max(...values.map(({ value }) => Math.abs(value)), 1e-300),
      active = isActive(phase, l),
      least = large ? 0 : 0.04 * largest;
    // On a phone there is no room for them.
    const gap = place[l + 1].values().next().value.x - place[l].values().next().value.x;
    const written = large && active && values.length <= 12 && gap > 2 * radius + 110;
    for (const { i, j, value } of values) {
      const key = weightKey(l, i, j);
      // Lines too thin to be told apart are left out where there are many.
      if (Math.abs(value) < least && key !== state.selected) continue;
      const from = place[l].get(i),
        to = place[l + 1].get(j),
        d = `M${from.x} ${from.y}L${to.x} ${to.y}`;
      const line = draw(
        "g",
        {
          class: `edge ${sign(value)}${active ? " active" : ""}`,
          "data-key": key,
          "data-value": value,
          tabindex: -1,
          role: "button",
          "aria-label": `${names.parameter(key)}, ${names.unit(l, i)} to ${names.unit(l + 1, j)}: ${show(value)}`,
        },
        draw("path", { class: "reach", d }),
        draw("path", { class: "line", d, "stroke-width": (0.75 + 6.5 * portion(value, largest)).toFixed(2) }),
      );
      if (written) line.append(edgeLabel(from, to, radius, value, shown[l].indexOf(i), shown[l + 1].length));
      group.append(line);
    }
  }
  return group;
}

// Near the unit that it comes from, alternately further on, so that labels of lines that cross are apart.
function edgeLabel(from, to, radius, value, order, fan) {
  const length = Math.hypot(to.x - from.x, to.y - from.y),
    part = fan === 1 ? 0.45 : (radius + 40 + (order % 2) * 14) / length;
  return draw("text", { class: "written", x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) + 4 }, show(value));
}

function drawUnit(state, l, i, { x, y }, { radius, large }, largest) {
  const shown = unitValue(state, l, i),
    key = unitKey(l, i),
    phase = state.phases[state.phase];
  const acting =
    (phase.kind === "inputs" && l === 0) ||
    (["forward", "backward"].includes(phase.kind) && phase.l === l - 1) ||
    (phase.kind === "error" && l === names.last);
  const strength = shown ? portion(shown[1], largest) : 0,
    text = shown ? (large ? show : brief)(shown[1]) : "";
  const group = draw(
    "g",
    {
      class: `unit ${shown ? sign(shown[1]) : "unknown"}${acting ? " acting" : ""}`,
      "data-key": key,
      tabindex: -1,
      role: "button",
      "data-value": shown ? shown[1] : null,
      transform: `translate(${x} ${y})`,
      "aria-label": `${names.unit(l, i)}${shown ? `: ${shown[0] === "δ" ? "delta " : ""}${show(shown[1])}` : ", not computed yet"}`,
    },
    draw("circle", { class: "back", r: radius }),
    draw("circle", { class: "fill", r: radius, "fill-opacity": (0.06 + 0.4 * strength).toFixed(3) }),
    draw("circle", { class: "rim", r: radius }),
  );
  if (shown) {
    group.append(draw("text", { class: `value${text.length > 6 ? " long" : ""}`, y: large && shown[0] ? 10 : 5 }, text));
    if (large && shown[0]) group.append(draw("text", { class: "letter", y: -9 }, shown[0]));
  }
  const label = names.unit(l, i);
  group.append(draw("text", { class: "name", y: -radius - 6 }, label.length > 16 ? `${label.slice(0, 15)}…` : label));
  return group;
}

function drawTarget(state, k, { x, y }, radius) {
  const { net, now, row } = state,
    K = net.sizes[names.last];
  const lines = [
    ["target", net.targets.length === net.rows * K ? net.targets[row * K + k] : null],
    ["loss", now.terms && now.terms[row * K + k]],
  ];
  return draw(
    "g",
    { class: "target", transform: `translate(${x + radius + 10} ${y})` },
    ...lines.flatMap(([word, value], order) =>
      value === null || value === undefined
        ? []
        : [draw("text", { y: order * 30 - 14 }, word), draw("text", { class: "value", y: order * 30, "data-value": value }, show(value))],
    ),
  );
}

function drawNetwork(state, shown, into) {
  const sizes = geometry(state, shown, into.clientWidth || 640),
    { place, radius, height, width } = sizes;
  const picture = draw("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": "The network; arrow keys go from unit to weight",
  });
  picture.append(drawEdges(state, shown, sizes));
  shown.forEach((units, l) => {
    const values = units.map((i) => unitValue(state, l, i)).map((each) => (each ? Math.abs(each[1]) : 0)),
      largest = Math.max(...values, 1e-300);
    for (const i of units) picture.append(drawUnit(state, l, i, place[l].get(i), sizes, largest));
    const rest = names.allSizes[l] - units.length,
      last = place[l].get(units[units.length - 1]);
    if (rest > 0)
      picture.append(
        draw("text", { class: "more", x: last.x, y: Math.min(last.y + radius + 16, height - 3) }, `+ ${rest.toLocaleString("en")} more`),
      );
    if (l === names.last && state.phases[state.phase].kind === "error")
      for (const k of units) picture.append(drawTarget(state, k, place[l].get(k), radius));
  });
  into.classList.toggle("large", !sizes.large);
  into.replaceChildren(picture);
}
