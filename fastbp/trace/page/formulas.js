// The formulas of fastbp's activations and losses, in float64. Settings follow z, or the prediction and the target.

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
const clip = (z, low, high) => Math.min(Math.max(z, low), high);

// The complementary error function: a series of positive terms near 0, a continued fraction further out.
function erfc(x) {
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  if (x < 1) {
    let term = x,
      sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let rest = 0;
  for (let n = 400; n > 0; n--) rest = n / 2 / (x + rest);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + rest);
}
const normal = (z) => erfc(-z / Math.SQRT2) / 2;
const inner = (z) => Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3);
const SCALE = 1.0507009873554805,
  ALPHA = 1.6732632423543772;

// value and slope of a unit by its z; says and slopeSays are shown to the reader.
const ACTIVATIONS = {
  identity: { value: (z) => z, slope: () => 1, says: "z", slopeSays: "1" },
  sigmoid: { value: sigmoid, slope: (z) => sigmoid(z) * sigmoid(-z), says: "1 / (1 + e⁻ᶻ)", slopeSays: "a (1 − a)" },
  tanh: { value: Math.tanh, slope: (z) => 1 / Math.cosh(z) ** 2, says: "tanh(z)", slopeSays: "1 − a²" },
  relu: { value: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0), says: "max(z, 0)", slopeSays: "1 where z > 0, else 0" },
  leaky_relu: {
    value: (z, s) => (z > 0 ? z : s * z),
    slope: (z, s) => (z > 0 ? 1 : s),
    says: "z where z > 0, else s z",
    slopeSays: "1 where z > 0, else s",
  },
  relu6: { value: (z) => clip(z, 0, 6), slope: (z) => (z > 0 && z < 6 ? 1 : 0), says: "z between 0 and 6", slopeSays: "1 inside, else 0" },
  elu: {
    value: (z, s) => (z > 0 ? z : s * Math.expm1(z)),
    slope: (z, s) => (z > 0 ? 1 : s * Math.exp(z)),
    says: "z where z > 0, else α (eᶻ − 1)",
    slopeSays: "1 where z > 0, else a + α",
  },
  celu: {
    value: (z, s) => (z > 0 ? z : s * Math.expm1(z / s)),
    slope: (z, s) => (z > 0 ? 1 : Math.exp(z / s)),
    says: "z where z > 0, else α (exp(z / α) − 1)",
    slopeSays: "1 where z > 0, else exp(z / α)",
  },
  selu: {
    value: (z) => SCALE * (z > 0 ? z : ALPHA * Math.expm1(z)),
    slope: (z) => SCALE * (z > 0 ? 1 : ALPHA * Math.exp(z)),
    says: "1.0507 z where z > 0, else 1.758 (eᶻ − 1)",
    slopeSays: "1.0507 where z > 0, else 1.758 eᶻ",
  },
  gelu: {
    value: (z) => z * normal(z),
    slope: (z) => normal(z) + (z * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI),
    says: "z Φ(z)",
    slopeSays: "Φ(z) + z φ(z)",
  },
  gelu_tanh: {
    value: (z) => z * sigmoid(2 * inner(z)),
    slope: (given) => {
      const z = clip(given, -1e3, 1e3),
        gate = sigmoid(2 * inner(z)),
        rest = sigmoid(-2 * inner(z));
      return gate + z * gate * rest * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * z * z);
    },
    says: "z / 2 (1 + tanh u)",
    slopeSays: "its derivative by z",
  },
  silu: {
    value: (z) => z * sigmoid(z),
    slope: (z) => sigmoid(z) * (1 + z * sigmoid(-z)),
    says: "z / (1 + e⁻ᶻ)",
    slopeSays: "s (1 + z (1 − s))",
  },
  mish: {
    value: (z) => z * Math.tanh(softplus(z)),
    slope: (z) => Math.tanh(softplus(z)) + (z / Math.cosh(softplus(z)) ** 2) * sigmoid(z),
    says: "z tanh(log(1 + eᶻ))",
    slopeSays: "t + z (1 − t²) s",
  },
  softplus: {
    value: (z, s) => softplus(s * z) / s,
    slope: (z, s) => sigmoid(s * z),
    says: "log(1 + exp(β z)) / β",
    slopeSays: "1 / (1 + exp(−β z))",
  },
  softsign: {
    value: (z) => z / (1 + Math.abs(z)),
    slope: (z) => 1 / (1 + Math.abs(z)) ** 2,
    says: "z / (1 + |z|)",
    slopeSays: "(1 − |a|)²",
  },
  hard_sigmoid: {
    value: (z) => clip((z + 3) / 6, 0, 1),
    slope: (z) => (z > -3 && z < 3 ? 1 / 6 : 0),
    says: "z / 6 + 1/2, between 0 and 1",
    slopeSays: "1/6 inside, else 0",
  },
  hard_tanh: {
    value: (z, low, high) => clip(z, low, high),
    slope: (z, low, high) => (z > low && z < high ? 1 : 0),
    says: "z between its bounds",
    slopeSays: "1 inside, else 0",
  },
  hard_swish: {
    value: (z) => z * clip((z + 3) / 6, 0, 1),
    slope: (z) => (z < -3 ? 0 : z > 3 ? 1 : z / 3 + 0.5),
    says: "z times a hard sigmoid",
    slopeSays: "0, z / 3 + 1/2, or 1",
  },
  exponential: { value: Math.exp, slope: Math.exp, says: "eᶻ", slopeSays: "a" },
};

// Losses of a prediction p and its target: the delta of an output is the slope times act'(z). All are means over the outputs.
const huber = (e, d) => (Math.abs(e) <= d ? (e * e) / 2 : d * (Math.abs(e) - d / 2));
const OF_PREDICTIONS = {
  squared_error: { value: (p, t) => (p - t) ** 2, slope: (p, t) => 2 * (p - t), says: "(a − t)²", slopeSays: "2 (a − t)" },
  absolute_error: { value: (p, t) => Math.abs(p - t), slope: (p, t) => Math.sign(p - t), says: "|a − t|", slopeSays: "the sign of a − t" },
  huber: {
    value: (p, t, d) => huber(p - t, d),
    slope: (p, t, d) => clip(p - t, -d, d),
    says: "(a − t)² / 2, further out a line",
    slopeSays: "a − t, between −δ and δ",
  },
  log_cosh: {
    value: (p, t) => Math.abs(p - t) + Math.log1p(Math.exp(-2 * Math.abs(p - t))) - Math.LN2,
    slope: (p, t) => Math.tanh(p - t),
    says: "log cosh(a − t)",
    slopeSays: "tanh(a − t)",
  },
};

// Losses of a logit z and its target: the slope is the delta itself. `of` gives the settings of output k.
const side = (t) => (t > 0 ? 1 : -1);
function focal(z, t, gamma, ofYes, ofNo) {
  const s = side(t),
    rest = sigmoid(-s * z),
    factor = (t > 0 ? ofYes : ofNo) * rest ** gamma,
    surprise = softplus(-s * z);
  return [factor * surprise, -s * factor * (rest + gamma * sigmoid(s * z) * surprise)];
}
const OF_LOGITS = {
  binary_cross_entropy: {
    value: (z, t, w) => w * t * softplus(-z) + (1 - t) * softplus(z),
    slope: (z, t, w) => (1 - t) * sigmoid(z) - w * t * sigmoid(-z),
    of: ([, count, ...weights], k) => [weights[count > 1 ? k : 0]],
    soften: (t, [s]) => (1 - s) * t + s / 2,
    says: "−t log p − (1 − t) log(1 − p)",
    slopeSays: "p − t",
  },
  poisson: { value: (z, t) => Math.exp(z) - t * z, slope: (z, t) => Math.exp(z) - t, says: "eᶻ − t z", slopeSays: "eᶻ − t" },
  gamma: { value: (z, t) => t * Math.exp(-z) + z, slope: (z, t) => 1 - t * Math.exp(-z), says: "t e⁻ᶻ + z", slopeSays: "1 − t e⁻ᶻ" },
  hinge: {
    value: (z, t) => Math.max(1 - side(t) * z, 0),
    slope: (z, t) => (1 - side(t) * z > 0 ? -side(t) : 0),
    says: "max(0, 1 − s z), s = ±1",
    slopeSays: "−s inside the margin, else 0",
  },
  squared_hinge: {
    value: (z, t) => Math.max(1 - side(t) * z, 0) ** 2,
    slope: (z, t) => -side(t) * 2 * Math.max(1 - side(t) * z, 0),
    says: "max(0, 1 − s z)², s = ±1",
    slopeSays: "−2 s max(0, 1 − s z)",
  },
  focal: {
    value: (...given) => focal(...given)[0],
    slope: (...given) => focal(...given)[1],
    says: "−(1 − p)^γ log p",
    slopeSays: "its derivative by z",
  },
  quantile: {
    value: (z, t, q) => Math.max(q * (t - z), (q - 1) * (t - z)),
    slope: (z, t, q) => (t > z ? -q : t < z ? 1 - q : 0),
    of: ([count, ...levels], k) => [levels[k % count]],
    says: "max(q e, (q − 1) e), e = t − z",
    slopeSays: "−q or 1 − q",
  },
};

// Losses of a row as a whole, by its logits z and its targets: what each output adds, and the deltas.
function surprises(z) {
  const highest = Math.max(...z),
    logSum = highest + Math.log(z.reduce((sum, each) => sum + Math.exp(each - highest), 0));
  return Array.from(z, (each) => logSum - each);
}
const OF_ROWS = {
  cross_entropy(z, t, [smoothing]) {
    const given = Array.from(t, (each) => (1 - smoothing) * each + smoothing / z.length),
      total = given.reduce((sum, each) => sum + each, 0),
      p = softmax(z);
    return { terms: surprises(z).map((each, k) => given[k] * each), deltas: given.map((each, k) => total * p[k] - each) };
  },
  categorical_focal(z, t, [gamma, count, ...alpha]) {
    const p = softmax(z),
      surprise = surprises(z),
      rest = p.map((_, k) => p.reduce((sum, each, j) => (j === k ? sum : sum + each), 0));
    const factor = Array.from(t, (each, k) => alpha[count > 1 ? k : 0] * each * rest[k] ** gamma),
      pull = factor.map((each, k) => -each * (1 + (gamma * p[k] * surprise[k]) / rest[k])),
      pulls = pull.reduce((sum, each) => sum + each, 0);
    return { terms: factor.map((each, k) => each * surprise[k]), deltas: pull.map((each, k) => each - p[k] * pulls) };
  },
};
const CROSS_ENTROPY = { says: "−Σ t log p", slopeSays: "p − t" };
const CATEGORICAL_FOCAL = { says: "−Σ t α (1 − p)^γ log p", slopeSays: "its derivative by z" };
const OWN = { says: "a function of your own, of a and the target t", slopeSays: "its derivative by a, times a′(z)" };
// Settings that change what is said of the cross-entropies.
const SMOOTHED = { says: "−Σ t log p, with smoothed t", slopeSays: "p − smoothed t" };
const WEIGHTED = { says: "−w t log p − (1 − t) log(1 − p), with smoothed t", slopeSays: "(1 − t) p − w t (1 − p)" };

function lossOf({ name, settings }) {
  if (name === "custom") return OWN;
  if (name === "categorical_focal") return CATEGORICAL_FOCAL;
  if (name === "cross_entropy") return settings[0] ? SMOOTHED : CROSS_ENTROPY;
  if (name === "binary_cross_entropy" && (settings[0] || settings.slice(2).some((w) => w !== 1))) return WEIGHTED;
  return OF_PREDICTIONS[name] || OF_LOGITS[name];
}
