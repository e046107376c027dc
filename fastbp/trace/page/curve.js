// The loss: the steps made, as a line, and the steps that would follow at this rate, dashed. They are computed a few at a time.

class Curve {
  constructor(into, steps) {
    this.into = into;
    this.steps = steps;
    this.ahead = [];
  }
  // Look ahead from the net as it is now.
  follow(state) {
    if (this.from === state.now && this.rate === state.net.rate) return;
    clearTimeout(this.timer);
    Object.assign(this, { state, from: state.now, rate: state.net.rate });
    this.ahead = [state.now.loss];
    this.lost = false;
    this.paint();
    if (!state.live || !this.steps) return;
    const net = copyOf(state.net);
    let now = state.now;
    const go = () => {
      for (const until = performance.now() + 12; this.ahead.length <= this.steps && performance.now() < until;) {
        descend(net, now);
        now = pass(net);
        this.lost = !Number.isFinite(now.loss);
        if (this.lost) break;
        this.ahead.push(now.loss);
      }
      this.paint();
      if (this.ahead.length <= this.steps && !this.lost) this.timer = setTimeout(go);
    };
    this.timer = setTimeout(go);
  }
  paint() {
    const { state, ahead } = this,
      made = state.past.map((point) => point.loss),
      width = this.into.clientWidth || 320,
      height = 170;
    const last = Math.max(made.length - 1, state.step + this.steps, 1),
      kept = made.slice(0, state.step + 1);
    const { low, top } = this.range(made, kept);
    const x = (step) => 60 + ((width - 76) * step) / last,
      y = (loss) => height - 26 - ((height - 42) * ((Number.isFinite(loss) ? Math.min(loss, top) : top) - low)) / (top - low);
    const path = (losses, from) => losses.map((loss, k) => `${k ? "L" : "M"}${x(from + k).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
    const picture = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": this.told() });
    for (const part of [0, 0.5, 1]) {
      picture.append(
        draw("path", { class: "grid", d: `M60 ${y(low + part * (top - low))}H${width - 16}` }),
        draw("text", { class: "tick end", x: 54, y: y(low + part * (top - low)) + 4 }, show(low + part * (top - low))),
      );
    }
    for (const step of new Set([0, Math.round(last / 2), last]))
      picture.append(
        draw(
          "text",
          { class: step === last ? "tick end" : "tick", x: x(step) + (step === last ? 8 : 0), y: height - 8 },
          step === last ? `step ${step}` : String(step),
        ),
      );
    if (made.length > state.step + 1) picture.append(draw("path", { class: "undone", d: path(made.slice(state.step), state.step) }));
    picture.append(draw("path", { class: "ahead", d: path(ahead, state.step) }), draw("path", { class: "made", d: path(kept, 0) }));
    picture.append(draw("circle", { class: "here", cx: x(state.step), cy: y(state.now.loss), r: 5 }));
    this.into.replaceChildren(picture);
    at("ahead").textContent = this.told();
    at("ahead").dataset.value = ahead[ahead.length - 1];
    at("ahead").dataset.steps = ahead.length - 1;
  }
  // From 0, or below where losses are negative, up to the largest; what grows beyond all bounds is cut.
  range(made, kept) {
    const finite = [...made, ...this.ahead].filter(Number.isFinite),
      known = kept.filter(Number.isFinite);
    const low = Math.min(0, ...finite),
      top = Math.min(Math.max(low, ...finite), low + 4 * Math.max(...known.map((loss) => loss - low), 0));
    return { low, top: top > low ? top : low + 1 };
  }
  told() {
    const { ahead, state } = this,
      end = ahead[ahead.length - 1];
    if (!Number.isFinite(state.now.loss)) return "The loss is no number any more: the rate was too large. Go back, or start again.";
    if (this.lost) return `Dashed: at this rate the loss is no number any more after ${ahead.length} steps.`;
    if (!state.live) return `Loss ${show(state.now.loss)}.`;
    if (ahead.length < 2) return `Loss ${show(state.now.loss)} at step ${state.step}.`;
    const verb = end > ahead[0] ? "rises" : "falls";
    return `Dashed: at this rate the loss ${verb} from ${show(ahead[0])} to ${show(end)} in the next ${ahead.length - 1} steps.`;
  }
}
