// What the page knows: the net as the reader has made it, its numbers, and the steps so far.

const KEPT_NUMBERS = 2e7; // of parameters of past steps, to which one may go back

function decode(given) {
  if (!given) return given;
  const bytes = Uint8Array.from(atob(given.base64), (each) => each.charCodeAt(0));
  return Float64Array.from(given.bits === 32 ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer));
}

function netOf(data) {
  return {
    sizes: data.sizes,
    activations: data.activations,
    loss: data.loss,
    rate: data.rate,
    rows: data.rows,
    shares: decode(data.shares),
    inputs: decode(data.inputs),
    targets: decode(data.targets),
    weights: data.weights.map(decode),
    biases: data.biases.map(decode),
  };
}

// The numbers that fastbp found, where the page cannot compute them itself.
function recordedOf(data, net) {
  const found = { loss: decode(data.pass.loss)[0], losses: decode(data.pass.losses), terms: null };
  for (const name of ["sums", "normalized", "deltas", "slopes", "errors", "weightGradients", "biasGradients"])
    found[name] = data.pass[name].map(decode);
  found.activations = [net.inputs, ...data.pass.activations.map(decode)];
  return found;
}

class State {
  constructor(data) {
    this.data = data;
    this.live = data.live;
    this.phases = phasesOf(data);
    this.restart();
    // The row that the loss has most of is the one to look at.
    Object.assign(this, {
      phase: 0,
      row: this.now.losses.indexOf(Math.max(...this.now.losses)),
      selected: null,
      hovered: null,
      pinned: [],
      all: false,
    });
  }
  restart() {
    this.net = netOf(this.data);
    this.now = this.live ? pass(this.net) : recordedOf(this.data, this.net);
    this.past = [this.point()];
    this.first = this.step = 0;
  }
  // What is kept of a step: its loss, and the parameters to go back to.
  point() {
    return { loss: this.now.loss, weights: this.net.weights.map((W) => W.slice()), biases: this.net.biases.map((b) => b.slice()) };
  }
  // Something was edited: the steps that came after are no longer so.
  edited() {
    this.now = pass(this.net);
    this.past.length = this.step;
    this.past.push(this.point());
  }
  update() {
    this.past.length = this.step + 1;
    descend(this.net, this.now);
    this.now = pass(this.net);
    this.past.push(this.point());
    this.step++;
    const size = this.net.weights.reduce((sum, W) => sum + W.length, 0);
    while ((this.step - this.first) * size > KEPT_NUMBERS) {
      this.past[this.first] = { loss: this.past[this.first].loss };
      this.first++;
    }
  }
  goTo(step) {
    const { weights, biases } = this.past[step];
    this.net.weights = weights.map((W) => W.slice());
    this.net.biases = biases.map((b) => b.slice());
    this.now = pass(this.net);
    this.step = step;
  }
}

// The number behind a key that may be edited: array and place.
function placeOf({ net, row }, key) {
  const { kind, l, i, j } = parse(key),
    K = net.sizes[names.last];
  if (kind === "w") return [net.weights[l], i * net.sizes[l + 1] + j];
  if (kind === "b") return [net.biases[l], i];
  if (kind === "t") return [net.targets, row * (net.targets.length / net.rows) + i];
  if (l === 0) return [net.inputs, row * net.sizes[0] + i];
  return l === names.last && net.targets.length === net.rows * K ? [net.targets, row * K + i] : [net.biases[l - 1], i];
}
function valueOf(state, key) {
  const [array, place] = placeOf(state, key);
  return array[place];
}
// What the field of the panel says that it changes.
function fieldName(state, key) {
  const { kind, l } = parse(key);
  if (kind === "w") return "weight";
  if (kind === "b") return "bias";
  if (l === 0) return "value in this row";
  return placeOf(state, key)[0] === state.net.targets ? "target in this row" : "bias";
}
