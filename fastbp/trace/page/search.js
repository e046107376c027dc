// Finding a unit, a weight or a bias by its name: x3, h1.5, W0[3, 5], b1[2], or a name of the user's.

const MOST_FOUND = 8;

function search(state, text) {
  const wanted = text.trim().toLowerCase().replace(/\s+/g, ""),
    { net } = state;
  if (!wanted) return [];
  const weight = wanted.match(/^w(\d+)\[?(\d+)[,.](\d+)\]?$/),
    bias = wanted.match(/^b(\d+)\[?(\d+)\]?$/);
  if (weight || bias) {
    const [l, ...given] = (weight || bias).slice(1).map(Number),
      places = given.map((index, k) => placeOfIndex(weight ? l + k : l + 1, index));
    if (l >= net.weights.length || places.includes(-1)) return [];
    return [weight ? weightKey(l, ...places) : biasKey(l, ...places)];
  }
  const found = [];
  net.sizes.forEach((m, l) => {
    for (let i = 0; i < m; i++) {
      const name = names.unit(l, i).toLowerCase().replace(/\s+/g, ""),
        exact = names.short(l, i) === wanted;
      if (exact || name.includes(wanted)) found.push([exact ? 0 : name.startsWith(wanted) ? 1 : 2, unitKey(l, i)]);
    }
  });
  return found
    .sort((a, b) => a[0] - b[0])
    .slice(0, MOST_FOUND)
    .map(([, key]) => key);
}

// Where a unit with this number in Python is among those of the page; -1 where it is not.
function placeOfIndex(l, index) {
  if (l >= names.sizes.length) return -1;
  return names.units ? names.units[l].indexOf(index) : index < names.sizes[l] ? index : -1;
}
