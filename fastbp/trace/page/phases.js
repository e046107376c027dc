// The phases of a step: what is said of each, and which numbers the reader has reached.

function phasesOf(data) {
  const L = data.sizes.length - 1,
    name = (l) => names.layer(l + 1);
  const phases = [{ kind: "inputs", title: "Inputs" }];
  for (let l = 0; l < L; l++) phases.push({ kind: "forward", l, title: `Forward: ${name(l)}` });
  phases.push({ kind: "error", title: "Error" });
  for (let l = L - 1; l >= 0; l--) phases.push({ kind: "backward", l, title: `Backward: ${name(l)}` });
  phases.push({ kind: "update", title: "Update" });
  return phases;
}

// Whether the activations of column l, or the deltas of layer l of weights, are known by then.
function reached(phase, what, l) {
  const order = { inputs: 0, forward: 1, error: 2, backward: 3, update: 4 };
  if (what === "activation") return l === 0 || order[phase.kind] > 1 || (phase.kind === "forward" && phase.l >= l - 1);
  return order[phase.kind] > 3 || (phase.kind === "backward" && phase.l <= l);
}

function sayings(phase, net, data) {
  const act = phase.l === undefined ? null : data.activations[phase.l],
    known = act && ACTIVATIONS[act.name];
  const loss = lossOf(net.loss),
    L = net.weights.length;
  switch (phase.kind) {
    case "inputs":
      return ["One row of the data stands in the first column. Each line is a weight; its thickness is its size.", "a = x"];
    case "forward":
      return [
        "Each unit adds its bias and what comes in times its weights. Its activation makes its output of that sum. Lines are the terms.",
        `z = b${phase.l} + Σ a W${phase.l}      a = ${act.label}(z)${known ? ` = ${known.says}` : ""}`,
      ];
    case "error":
      return [
        "The outputs are compared with the targets. The loss is the mean over the rows.",
        `${data.loss.label}:  ${loss.says}${data.allSizes[L] > 1 && !OF_ROWS[net.loss.name] ? ", mean over the outputs" : ""}`,
      ];
    case "backward":
      if (phase.l === L - 1)
        return [
          "The delta of an output says how much the loss grows when its sum z grows.",
          OF_PREDICTIONS[net.loss.name]
            ? `δ = dL/dz = dL/da · a′(z)      dL/da: ${loss.slopeSays}      a′ = ${known ? known.slopeSays : "slope"}`
            : `δ = dL/dz:  ${loss.slopeSays}`,
        ];
      return [
        "The deltas go back through the same weights. What arrives at a unit is its error; times the slope a′(z) it is its delta.",
        `error = Σ W${phase.l + 1} δ      δ = error · a′(z)${known ? `      a′ = ${known.slopeSays}` : ""}`,
      ];
    default:
      return [
        "Each weight goes against its gradient: summed over the rows, the a that it comes from times the δ that it leads to. Lines are changes.",
        "W ← W − rate · Σ a δ      b ← b − rate · Σ δ",
      ];
  }
}

// What the panel explains when the reader has chosen nothing: the first unit of the layer in question, of many the one that matters most.
function subject(state, shown) {
  const phase = state.phases[state.phase],
    l = phase.kind === "inputs" ? 0 : phase.l + 1;
  if (Number.isNaN(l)) return phase.kind;
  const score = shown[l].length > 5 ? scores(state, l) : null;
  return unitKey(l, score ? shown[l].reduce((best, i) => (score[i] > score[best] ? i : best)) : shown[l][0]);
}
