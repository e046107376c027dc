// One step of back-propagation over all rows: forward, loss, deltas, gradients, update. Matrices are Float64Arrays, row after row.

function forward(net) {
  const sums = [],
    activations = [net.inputs];
  net.weights.forEach((W, l) => {
    const m = net.sizes[l],
      n = net.sizes[l + 1],
      a = activations[l],
      z = new Float64Array(net.rows * n);
    for (let r = 0; r < net.rows; r++) {
      const out = z.subarray(r * n, r * n + n);
      out.set(net.biases[l]);
      for (let i = 0; i < m; i++) {
        const each = a[r * m + i];
        if (each !== 0) for (let j = 0, w = i * n; j < n; j++, w++) out[j] += each * W[w];
      }
    }
    sums.push(z);
    activations.push(activate(net.activations[l], z, n));
  });
  return { sums, activations };
}

function activate({ name, settings }, z, width) {
  if (name === "softmax") return byRow(z, width, softmax);
  if (name === "ascending") return byRow(z, settings[0], (group) => group.slice().sort());
  return z.map((each) => ACTIVATIONS[name].value(each, ...settings));
}

function byRow(z, width, f) {
  const found = new Float64Array(z.length);
  for (let first = 0; first < z.length; first += width) found.set(f(z.subarray(first, first + width)), first);
  return found;
}

function softmax(z) {
  const highest = Math.max(...z),
    e = z.map((each) => Math.exp(each - highest));
  let sum = 0;
  for (const each of e) sum += each;
  return e.map((each) => each / sum);
}

// The loss of each row times its share; dL/da of outputs, where the loss is of predictions; the outputs' deltas; what each output adds.
function errors(net, { sums, activations }) {
  const L = net.weights.length,
    K = net.sizes[L],
    z = sums[L - 1],
    a = activations[L],
    { name, settings } = net.loss;
  const losses = new Float64Array(net.rows),
    delta = new Float64Array(z.length),
    terms = new Float64Array(z.length);
  const ofPrediction = OF_PREDICTIONS[name],
    output = net.activations[L - 1],
    own = ACTIVATIONS[output.name];
  const error = ofPrediction && new Float64Array(z.length),
    slopes = ofPrediction && own && new Float64Array(z.length);
  const per = K / (net.targets.length / net.rows);
  for (let r = 0; r < net.rows; r++) {
    const row = z.subarray(r * K, r * K + K),
      share = net.shares[r];
    const ofRow = OF_ROWS[name] && OF_ROWS[name](row, net.targets.subarray(r * K, r * K + K), settings);
    for (let k = 0; k < K; k++) {
      const at = r * K + k;
      if (ofRow) {
        terms[at] = share * ofRow.terms[k];
        delta[at] = share * ofRow.deltas[k];
      } else if (ofPrediction) {
        terms[at] = (share * ofPrediction.value(a[at], net.targets[at], ...settings)) / K;
        error[at] = (share * ofPrediction.slope(a[at], net.targets[at], ...settings)) / K;
        if (own) delta[at] = error[at] * (slopes[at] = own.slope(row[k], ...output.settings));
      } else {
        const { value, slope, of, soften } = OF_LOGITS[name],
          set = of ? of(settings, k) : settings;
        const target = net.targets[Math.floor(at / per)],
          t = soften ? soften(target, settings) : target;
        terms[at] = (share * value(row[k], t, ...set)) / K;
        delta[at] = (share * slope(row[k], t, ...set)) / K;
      }
      losses[r] += terms[at];
    }
    if (ofPrediction && !own)
      throughSoftmax(a.subarray(r * K, r * K + K), error.subarray(r * K, r * K + K), delta.subarray(r * K, r * K + K));
  }
  return { losses, delta, terms, slopes, error };
}

// Each probability depends on all sums: dL/dz_j = p_j (e_j - sum_k e_k p_k).
function throughSoftmax(p, error, delta) {
  const mean = error.reduce((sum, e, k) => sum + e * p[k], 0);
  delta.forEach((_, j) => (delta[j] = p[j] * (error[j] - mean)));
}

// W d of each row: what the deltas d behind a layer of weights say of the activations before it.
function back(net, l, delta) {
  const m = net.sizes[l],
    n = net.sizes[l + 1],
    W = net.weights[l],
    found = new Float64Array(net.rows * m);
  for (let r = 0; r < net.rows; r++)
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let j = 0, w = i * n, d = r * n; j < n; j++, w++, d++) sum += W[w] * delta[d];
      found[r * m + i] = sum;
    }
  return found;
}

function gradients(net, activations, deltas) {
  const weights = net.weights.map((W) => new Float64Array(W.length)),
    biases = net.biases.map((b) => new Float64Array(b.length));
  deltas.forEach((delta, l) => {
    const m = net.sizes[l],
      n = net.sizes[l + 1],
      a = activations[l];
    for (let r = 0; r < net.rows; r++) {
      for (let j = 0; j < n; j++) biases[l][j] += delta[r * n + j];
      for (let i = 0; i < m; i++) {
        const each = a[r * m + i];
        if (each !== 0) for (let j = 0, w = i * n, d = r * n; j < n; j++, w++, d++) weights[l][w] += each * delta[d];
      }
    }
  });
  return { weights, biases };
}

// All numbers of the next update, named as those of fastbp's Trace.
function pass(net) {
  const { sums, activations } = forward(net),
    L = net.weights.length,
    out = errors(net, { sums, activations });
  const deltas = [out.delta],
    slopes = [out.slopes || null],
    errorsOf = [out.error || null];
  for (let l = L - 2; l >= 0; l--) {
    const { name, settings } = net.activations[l],
      error = back(net, l + 1, deltas[0]);
    const slope = sums[l].map((z) => ACTIVATIONS[name].slope(z, ...settings));
    errorsOf.unshift(error);
    slopes.unshift(slope);
    deltas.unshift(error.map((e, at) => e * slope[at]));
  }
  const found = gradients(net, activations, deltas);
  return {
    sums,
    activations,
    deltas,
    slopes,
    errors: errorsOf,
    weightGradients: found.weights,
    biasGradients: found.biases,
    losses: out.losses,
    terms: out.terms,
    loss: out.losses.reduce((sum, each) => sum + each, 0),
  };
}

// p -= rate g
function descend(net, { weightGradients, biasGradients }) {
  net.weights.forEach((W, l) => W.forEach((_, at) => (W[at] -= net.rate * weightGradients[l][at])));
  net.biases.forEach((b, l) => b.forEach((_, at) => (b[at] -= net.rate * biasGradients[l][at])));
}

const copyOf = (net) => ({
  ...net,
  weights: net.weights.map((W) => W.slice()),
  biases: net.biases.map((b) => b.slice()),
  inputs: net.inputs.slice(),
  targets: net.targets.slice(),
});
