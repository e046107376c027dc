// The panel beside the network: every term of the sum that a unit, a weight or a bias is made of.

const MOST_TERMS = 12;

// A table of terms [key, label, factors..., product], the largest first where there are many, and what they add up to.
function termTable(caption, heads, terms, total, { whole = terms.length, all = false, first = null } = {}) {
  const product = (term) => term[term.length - 1],
    many = terms.length > MOST_TERMS && !all;
  const listed = many ? [...terms].sort((a, b) => Math.abs(product(b)) - Math.abs(product(a))).slice(0, MOST_TERMS) : terms;
  const largest = Math.max(...listed.map((term) => Math.abs(product(term))), Math.abs(first ? first[1] : 0), 1e-300);
  const body = listed.map(([key, label, ...factors]) => termRow(key, label, factors, heads.length - 2, largest));
  if (first) body.unshift(termRow(first[0], first[2], [first[1]], heads.length - 2, largest));
  const rest = whole - listed.length;
  if (rest > 0) {
    const others = total - listed.reduce((sum, term) => sum + product(term), first ? first[1] : 0);
    body.push(termRow(null, `${rest.toLocaleString("en")} others`, [others], heads.length - 2, largest));
  }
  const foot = make(
    "tr",
    {},
    make("th", { scope: "row", colspan: heads.length - 1 }, "sum"),
    make("td", {}, number(total)),
    make("td", {}),
  );
  return make(
    "table",
    {},
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)), make("td", {}))),
    make("tbody", {}, ...body),
    make("tfoot", {}, foot),
  );
}

function termRow(key, label, factors, wide, largest) {
  const value = factors[factors.length - 1],
    name = key ? link(key, label) : label;
  const cells = factors.map((each) => make("td", {}, number(each)));
  for (let i = factors.length; i <= wide; i++) cells.unshift(make("td", {}));
  const bar = make("i", { class: `bar ${sign(value)}`, style: `--size:${portion(value, largest).toFixed(4)}` });
  return make("tr", {}, make("th", { scope: "row" }, name), ...cells, make("td", { class: "bars", "aria-hidden": "true" }, bar));
}

const section = (title, now, ...children) => make("section", { class: now ? "now" : null }, make("h3", {}, title), ...children);
// Words and numbers in turn.
function line(...parts) {
  const factor = (k) => parts[k] < 0 && /[·−] $/.test(parts[k - 1]);
  return make(
    "p",
    { class: "sum" },
    ...parts.flatMap((part, k) => (typeof part !== "number" ? [part] : factor(k) ? ["(", number(part), ")"] : [number(part)])),
  );
}
const link = (key, label) => make("button", { type: "button", class: "link", "data-key": key }, label);

function forwardSection(state, l, j) {
  const { net, now, row, data } = state,
    m = net.sizes[l],
    n = net.sizes[l + 1],
    place = row * n + j,
    act = data.activations[l];
  const terms = Array.from({ length: m }, (_, i) => {
    const a = now.activations[l][row * m + i],
      w = net.weights[l][i * n + j];
    return [weightKey(l, i, j), names.unit(l, i), a, w, a * w];
  });
  const z = now.sums[l][place],
    used = now.normalized && now.normalized[l] ? now.normalized[l][place] : z,
    phase = state.phases[state.phase];
  const lines = [line(`a = ${act.label}(`, used, ") = ", now.activations[l + 1][place])];
  if (used !== z) lines.unshift(line("z ", z, " normalised: ", used));
  return section(
    "Forward: its sum",
    phase.kind === "forward" && phase.l === l,
    termTable("z, term by term", ["from", "a", "W", "a W"], terms, z, {
      whole: names.allSizes[l],
      first: [biasKey(l, j), net.biases[l][j], "bias"],
      all: state.all,
    }),
    ...lines,
  );
}

function backTable(state, l, i) {
  const { net, now, row } = state,
    n = net.sizes[l + 1];
  const terms = Array.from({ length: n }, (_, j) => {
    const w = net.weights[l][i * n + j],
      delta = now.deltas[l][row * n + j];
    return [weightKey(l, i, j), names.unit(l + 1, j), w, delta, w * delta];
  });
  const total =
    l > 0 && now.errors[l - 1] && names.whole ? now.errors[l - 1][row * net.sizes[l] + i] : terms.reduce((sum, term) => sum + term[4], 0);
  return [
    termTable(l ? "dL/da, term by term" : "dL/dx, term by term", ["to", "W", "δ", "W δ"], terms, total, {
      whole: names.whole ? n : terms.length,
      all: state.all,
    }),
    total,
  ];
}

function backwardSection(state, l, j) {
  const { net, now, row, data } = state,
    place = row * net.sizes[l + 1] + j,
    delta = now.deltas[l][place],
    known = ACTIVATIONS[data.activations[l].name],
    phase = state.phases[state.phase];
  const here = phase.kind === "backward" && phase.l === l,
    parts = [];
  if (l < net.weights.length - 1) parts.push(backTable(state, l + 1, j)[0]);
  else parts.push(...outputLines(state, j));
  const error = now.errors[l] && now.errors[l][place],
    slope = now.slopes[l] && now.slopes[l][place];
  if (error !== null && slope !== null) {
    parts.push(line(known ? `a′(z) = ${known.slopeSays} = ` : "a′(z) = ", slope));
    parts.push(
      now.normalized && now.normalized[l]
        ? line("through the normalisation, δ = ", delta)
        : line("δ = ", error, " · ", slope, " = ", delta),
    );
  } else if (OF_PREDICTIONS[net.loss.name]) parts.push(line("δ = dL/dz = ", delta));
  return section("Backward: its delta", here, ...parts);
}

function outputLines(state, k) {
  const { net, now, row } = state,
    L = net.weights.length,
    K = net.sizes[L],
    a = now.activations[L][row * K + k],
    share = net.shares[row];
  if (net.targets.length !== net.rows * K) return [];
  const target = net.targets[row * K + k],
    error = now.errors[L - 1] && now.errors[L - 1][row * K + k],
    loss = lossOf(net.loss);
  const part = OF_ROWS[net.loss.name] ? share : share / K;
  const lines = [line("a − target = ", a, " − ", target, " = ", a - target)];
  const [name, value] = error === null ? ["δ = dL/dz", now.deltas[L - 1][row * K + k]] : ["dL/da", error];
  lines.push(
    line(
      net.loss.name === "custom" ? `${name} = ` : `${name} = (${loss.slopeSays}) · `,
      ...(net.loss.name === "custom" ? [] : [part, " = "]),
      value,
    ),
  );
  lines.push(make("p", { class: "note" }, `${show(part)} is the share of this number in the loss.`));
  return lines;
}

function unitPanel(state, { l, i }) {
  if (l === 0) return [section("Backward: what it does to the loss", false, backTable(state, 0, i)[0])];
  const parts = [forwardSection(state, l - 1, i), backwardSection(state, l - 1, i)];
  return state.phases[state.phase].kind === "backward" || state.phases[state.phase].kind === "error" ? parts.reverse() : parts;
}

function gradientSections(state, key, before, gradient, terms) {
  const { net, data } = state,
    value = valueOf(state, key),
    change = -net.rate * gradient,
    phase = state.phases[state.phase];
  const heads = before ? ["row", "a", "δ", "a δ"] : ["row", "δ"];
  return [
    section(
      "Gradient: what each row says",
      phase.kind === "backward" && phase.l === parse(key).l,
      termTable(before ? "dL/dW, row by row" : "dL/db, row by row", heads, terms, gradient, { whole: data.allRows, all: state.all }),
    ),
    section(
      "Update",
      phase.kind === "update",
      line(`${names.parameter(key)} − rate · gradient`),
      line("= ", value, " − ", net.rate, " · ", gradient),
      line("= ", value + change),
    ),
  ];
}

function weightPanel(state, key) {
  const { kind, l, i, j: to } = parse(key),
    { net, now, row } = state,
    m = net.sizes[l],
    n = net.sizes[l + 1],
    j = kind === "w" ? to : i;
  const rows = Array.from({ length: net.rows }, (_, r) => r),
    delta = (r) => now.deltas[l][r * n + j];
  if (kind === "b")
    return gradientSections(
      state,
      key,
      false,
      now.biasGradients[l][j],
      rows.map((r) => [`r:${r}`, names.row(r), delta(r)]),
    );
  const a = (r) => now.activations[l][r * m + i],
    w = net.weights[l][i * n + j],
    phase = state.phases[state.phase];
  const terms = rows.map((r) => [`r:${r}`, names.row(r), a(r), delta(r), a(r) * delta(r)]);
  const here = section(
    `In ${names.row(row)}`,
    phase.kind === "forward" && phase.l === l,
    line("forward, a term of z: a W = ", a(row), " · ", w, " = ", a(row) * w),
    line(`backward, ${l ? "a term of dL/da" : "a term of dL/dx"}: W δ = `, w, " · ", delta(row), " = ", w * delta(row)),
    line("δ of ", link(unitKey(l + 1, j), names.unit(l + 1, j)), " = ", delta(row)),
  );
  return [here, ...gradientSections(state, key, true, now.weightGradients[l][i * n + j], terms)];
}

function lossPanel(state) {
  const { net, now, data } = state,
    K = net.sizes[names.last],
    row = state.row,
    parts = [];
  if (now.terms)
    parts.push(
      section(
        `${names.row(row)}: outputs`,
        true,
        termTable(
          "share of the loss, output by output",
          ["output", "a", "loss"],
          Array.from({ length: K }, (_, k) => [
            unitKey(names.last, k),
            names.unit(names.last, k),
            now.activations[names.last][row * K + k],
            now.terms[row * K + k],
          ]),
          now.losses[row],
          { all: state.all },
        ),
      ),
    );
  parts.push(
    section(
      "All rows",
      !now.terms,
      termTable(
        "loss, row by row (each with its share of the mean)",
        ["row", "loss"],
        Array.from(now.losses, (loss, r) => [`r:${r}`, names.row(r), loss]),
        now.loss,
        { whole: data.allRows, all: state.all },
      ),
    ),
  );
  return parts;
}

// The parameters that move most.
function updatePanel(state) {
  const { net, now } = state,
    moves = [];
  const keep = (key, value, gradient) => {
    if (moves.length === MOST_TERMS && Math.abs(gradient) <= Math.abs(moves[MOST_TERMS - 1][2])) return;
    moves.push([key, value, gradient]);
    moves.sort((a, b) => Math.abs(b[2]) - Math.abs(a[2])).splice(MOST_TERMS);
  };
  net.weights.forEach((W, l) =>
    W.forEach((w, place) =>
      keep(weightKey(l, Math.floor(place / net.sizes[l + 1]), place % net.sizes[l + 1]), w, now.weightGradients[l][place]),
    ),
  );
  net.biases.forEach((b, l) => b.forEach((value, j) => keep(biasKey(l, j), value, now.biasGradients[l][j])));
  const largest = Math.abs(moves[0][2]) * net.rate || 1e-300;
  const body = moves.map(([key, value, gradient]) =>
    termRow(key, names.parameter(key), [value, -net.rate * gradient, value - net.rate * gradient].slice(0, 2), 1, largest),
  );
  return [
    section(
      "The largest changes",
      true,
      make(
        "table",
        {},
        make("caption", {}, "change = − rate · gradient"),
        make(
          "thead",
          {},
          make("tr", {}, ...["parameter", "now", "change"].map((head) => make("th", { scope: "col" }, head)), make("td", {})),
        ),
        make("tbody", {}, ...body),
      ),
    ),
  ];
}

function panelOf(state, key) {
  if (key === "error") return ["The loss", lossPanel(state)];
  if (key === "update") return ["The update", updatePanel(state)];
  const chosen = parse(key);
  if (chosen.kind === "u") return [`Unit ${names.of(key)}`, unitPanel(state, chosen)];
  const to = names.unit(chosen.l + 1, chosen.kind === "w" ? chosen.j : chosen.i);
  return [
    chosen.kind === "w" ? `Weight ${names.of(key)}: ${names.unit(chosen.l, chosen.i)} → ${to}` : `Bias ${names.of(key)} of ${to}`,
    weightPanel(state, key),
  ];
}
