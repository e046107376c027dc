// How numbers and names are written, and how elements are made.

const MINUS = "\u2212";
// Four digits that count; the exact number is in data-value.
function show(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "\u221e" : MINUS + "\u221e";
  const size = Math.abs(value);
  let text;
  if (size === 0) text = "0";
  else if (size >= 1e5 || size < 1e-4) {
    const [digits, power] = size.toExponential(2).split("e");
    text = `${Number(digits)}e${Number(power) < 0 ? MINUS : ""}${Math.abs(power)}`;
  } else text = String(Number(size.toPrecision(4)));
  return (value < 0 ? MINUS : "") + text;
}

// Three digits, for small circles.
function brief(value) {
  const size = Math.abs(value);
  if (!size || (size >= 0.01 && size < 1000) || !Number.isFinite(value))
    return (value < 0 ? MINUS : "") + (Number.isFinite(value) ? Number(size.toPrecision(2 + (size >= 0.1))) : "!");
  return show(Number(size.toExponential(0)) * Math.sign(value));
}

// How large a number is beside the largest, from 0 to 1, as widths need it.
function portion(value, largest) {
  const part = Math.abs(value) / largest;
  return Number.isFinite(part) ? Math.min(part, 1) : 0;
}

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}
function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== false) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}
const at = (id) => document.getElementById(id);
// A number that tests and screen readers find whole.
const number = (value, attributes = {}) => make("span", { class: "number", "data-value": value, ...attributes }, show(value));

// What may be chosen has a key: u:layer:unit, w:layer:from:to, b:layer:unit. Numbers are places in the arrays of the page.
const unitKey = (l, i) => `u:${l}:${i}`;
const weightKey = (l, i, j) => `w:${l}:${i}:${j}`;
const biasKey = (l, j) => `b:${l}:${j}`;
function parse(key) {
  const [kind, l, i, j] = key.split(":");
  return { kind, l: Number(l), i: Number(i), j: Number(j) };
}

class Names {
  constructor(data) {
    Object.assign(this, data);
    this.last = data.sizes.length - 1;
  }
  // The number that a unit has in Python.
  index(l, i) {
    return this.units ? this.units[l][i] : i;
  }
  layer(l) {
    if (l === 0) return "inputs";
    if (l === this.last) return "outputs";
    return this.last === 2 ? "hidden layer" : `hidden layer ${l}`;
  }
  short(l, i) {
    const letter = l === 0 ? "x" : l === this.last ? "y" : this.last === 2 ? "h" : `h${l}.`;
    return letter + this.index(l, i);
  }
  // With the user's name of an input or a class.
  unit(l, i) {
    const given = l === 0 ? this.inputNames : l === this.last ? this.outputNames : null;
    return given ? `${this.short(l, i)} ${given[i]}` : this.short(l, i);
  }
  parameter(key) {
    const { kind, l, i, j } = parse(key);
    return kind === "w" ? `W${l}[${this.index(l, i)}, ${this.index(l + 1, j)}]` : `b${l}[${this.index(l + 1, i)}]`;
  }
  of(key) {
    const { kind, l, i } = parse(key);
    return kind === "u" ? this.unit(l, i) : this.parameter(key);
  }
  row(r) {
    return `row ${this.rowNumbers ? this.rowNumbers[r] : r}`;
  }
}
