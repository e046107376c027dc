// The page is built, and listens.

function buildRow() {
  const { net } = state,
    width = net.targets.length / net.rows,
    fields = [];
  at("row").append(...Array.from({ length: net.rows }, (_, r) => make("option", { value: r }, names.row(r))));
  const field = (key, label) =>
    fields.push(
      make(
        "label",
        {},
        label,
        make("input", { type: "text", inputmode: "decimal", "data-of": key, ...(state.live ? {} : { disabled: "" }) }),
      ),
    );
  if (net.sizes[0] <= 8) for (let i = 0; i < net.sizes[0]; i++) field(unitKey(0, i), names.unit(0, i));
  if (OF_ROWS[net.loss.name] && width > 1) {
    const choice = make(
      "select",
      { "aria-label": "target", ...(state.live ? {} : { disabled: "" }) },
      ...Array.from({ length: width }, (_, k) => make("option", { value: k }, names.unit(names.last, k))),
    );
    choice.addEventListener("change", () => setLabel(Number(choice.value)));
    fields.push(make("label", {}, "target", choice));
  } else if (width <= 4) for (let k = 0; k < width; k++) field(`t:0:${k}`, width > 1 ? `target ${k}` : "target");
  at("rowfields").append(...fields);
  for (const input of at("rowfields").querySelectorAll("input")) numberField(input, (text) => edit(input.dataset.of, text));
}

function build() {
  at("phases").append(
    ...state.phases.map(({ title }, k) => {
      const button = make("button", { type: "button" }, make("b", {}, String(k + 1)), make("span", {}, title));
      button.addEventListener("click", () => goPhase(k));
      return make("li", {}, button);
    }),
  );
  at("rate").value = state.net.rate;
  if (!state.live) document.body.classList.add("fixed");
  for (const each of document.querySelectorAll(".live button, .live input")) each.disabled = !state.live;
  buildRow();
}

function listen() {
  const click = (id, work) => at(id).addEventListener("click", work);
  click("next", next);
  click("back", previous);
  click("once", () => updates(1));
  click("ten", () => updates(10));
  click("play", play);
  click("again", startAgain);
  click("free", () => select(null));
  click("helpbutton", () => at("help").showModal());
  click("all", () => {
    state.all = !state.all;
    renderPanel();
  });
  at("slider").addEventListener("input", () => (state.goTo(Number(at("slider").value)), render()));
  at("row").addEventListener("change", () => goRow(Number(at("row").value)));
  numberField(at("rate"), setRate);
  numberField(at("field"), (text) => edit(at("field").dataset.of, text));
  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-key]:not(h2)");
    if (found) select(found.dataset.key);
  });
  at("network").addEventListener("mouseover", (event) => {
    const found = event.target.closest("[data-key]");
    hover(found ? found.dataset.key : null);
  });
  at("network").addEventListener("mouseleave", () => hover(null));
  at("network").addEventListener("focusin", (event) => {
    const key = event.target.dataset.key;
    if (key && key !== state.selected) hover(key);
  });
  at("network").addEventListener("focusout", () => hover(null));
  document.addEventListener("keydown", onKey);
  new ResizeObserver(() => (renderNetwork(), curve.paint())).observe(at("network").parentElement);
  listenToSearch();
}

function listenToSearch() {
  const box = at("search"),
    list = at("found");
  const choose = (key) => {
    state.pinned = [key, ...state.pinned].slice(0, 4);
    box.value = "";
    list.replaceChildren();
    select(key);
  };
  const offer = () => {
    const keys = search(state, box.value);
    list.replaceChildren(
      ...keys.map((key) => {
        const button = make("button", { type: "button" }, names.of(key));
        button.addEventListener("click", () => choose(key));
        return make("li", {}, button);
      }),
    );
    if (box.value.trim() && !keys.length) list.append(make("li", {}, "nothing of that name"));
    return keys;
  };
  box.addEventListener("input", offer);
  box.addEventListener("keydown", (event) => {
    const [first] = event.key === "Enter" ? offer() : [];
    if (first) choose(first);
  });
}

build();
listen();
render();
