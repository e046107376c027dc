"""The page in a real Chromium: its numbers are fastbp's, its keys do what they say, and it can be read in light and dark."""

import numpy as np
import pytest
from browser import CHROMIUM, browser
from traced import WEIGHTS, X, Y, textbook, wide

import fastbp
from fastbp.activations import ACTIVATIONS
from fastbp.losses import LOSSES
from fastbp.trace.content import content

pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is there: apt-get install chromium")

CLOSE = {"rtol": 1e-12, "atol": 1e-15}


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture
def opened(chromium, tmp_path):
    """Open the page of a trace; what the page logs or asks for is an error."""
    pages, wrong = [], []

    def opened(trace, steps=5, **settings):
        trace.to_html(tmp_path / "page.html", steps=steps)
        page = chromium.new_page(**settings)
        pages.append(page)
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if not request.url.endswith("page.html") else None)
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert wrong == []


def values(page, selector):
    """The whole numbers behind what is shown."""
    return page.eval_on_selector_all(selector, "all => all.map(each => Number(each.dataset.value))")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def weights_of(page):
    return page.evaluate("state.net.weights.map(W => Array.from(W))")


COMPUTE = """all => all.map(given => {
  const now = pass(netOf(given)), lists = (arrays) => arrays.map((each) => Array.from(each));
  const {losses, activations, deltas, weightGradients} = now;
  return {losses: Array.from(losses), activations: lists(activations), deltas: lists(deltas), gradients: lists(weightGradients)};
})"""


def assert_computes(page, tasks):
    """That the page finds by itself all numbers of the traces of some trainers on data."""
    traces = [trainer.trace(x, y) for trainer, x, y in tasks]
    given = [content(trace) for trace in traces]
    assert all(each["live"] for each in given)
    for (trainer, *_), trace, found in zip(tasks, traces, page.evaluate(COMPUTE, given), strict=True):
        np.testing.assert_allclose(found["losses"], trace.losses, rtol=1e-11, atol=1e-14, err_msg=str(trainer))
        for name, arrays in (("activations", trace.activations), ("deltas", trace.deltas), ("gradients", trace.weight_gradients)):
            for there, here in zip(found[name], arrays, strict=True):
                np.testing.assert_allclose(there, here.ravel(), rtol=1e-11, atol=1e-13, err_msg=f"{trainer} {name}")


def test_it_has_the_formulas_of_all_activations_and_losses(opened):
    random = np.random.default_rng(0)
    x, tasks = 3 * random.normal(size=(5, 3)), []
    for cls in ACTIVATIONS.values():
        for case in cls.cases() if not cls.output_only else ():
            model = fastbp.MLP([3, 4, 2], activation=case, dtype="float64", seed=1)
            tasks.append((fastbp.Trainer(model, loss="squared_error"), x, random.normal(size=(5, 2))))
    for cls in LOSSES.values():
        for loss in cls.cases():
            for output in loss.outputs():
                model = fastbp.MLP([3, 4, 2], activation="tanh", output_activation=output, dtype="float64", seed=1)
                tasks.append((fastbp.Trainer(model, loss=loss), x, loss.reference_targets(random, 5, 2)))
    model = fastbp.MLP([3, 4, 6], activation="relu", dtype="float64", seed=0)
    tasks.append((fastbp.Trainer(model, loss=fastbp.Quantile([0.1, 0.5, 0.9])), x, random.normal(size=(5, 2))))
    assert len(tasks) > 100
    assert_computes(opened(textbook().trace(X, Y)), tasks)


def test_a_walk_through_a_step_by_keys_alone(opened):
    trainer = textbook()
    trace = trainer.trace(X, Y)
    page, row = opened(trace), int(trace.losses.argmax())
    unit = "#network .unit[data-value]"
    assert values(page, unit) == X[row].tolist()
    press(page, "ArrowRight")
    np.testing.assert_allclose(values(page, unit), [*X[row], *trace.activations[1][row]], **CLOSE)
    np.testing.assert_allclose(values(page, "#network .edge.active"), (X[row][:, None] * trace.weights[0]).ravel(), **CLOSE)
    press(page, "n", "PageDown")
    assert page.inner_text("#phases [aria-current]").endswith("Error")
    np.testing.assert_allclose(values(page, ".target .value"), [Y[row], trace.losses[row]], **CLOSE)
    press(page, "n", "n")
    np.testing.assert_allclose(values(page, unit)[2:], [*trace.deltas[0][row], *trace.deltas[1][row]], **CLOSE)
    np.testing.assert_allclose(values(page, "#network .edge.active"), (trace.weights[1] * trace.deltas[1][row]).ravel(), **CLOSE)
    press(page, "n")
    changes = np.concatenate([-2.0 * gradient.ravel() for gradient in trace.weight_gradients])
    np.testing.assert_allclose(values(page, "#network .edge"), changes, **CLOSE)
    press(page, "n")
    trainer.step(X, Y)
    for there, here in zip(weights_of(page), trainer.model.weights, strict=True):
        np.testing.assert_allclose(there, here.ravel(), **CLOSE)
    assert page.inner_text("#step") == "1" and page.inner_text("#phases [aria-current]").endswith("Inputs")


def test_steps_of_the_page_are_those_of_the_trainer(opened):
    trainer = textbook()
    page = opened(trainer.trace(X, Y))
    losses = [trainer.step(X, Y) for _ in range(15)]
    page.wait_for_function("at('ahead').dataset.steps === '5'")
    np.testing.assert_allclose(values(page, "#ahead"), [losses[5]], **CLOSE)
    press(page, *"uuuu")
    page.click("#ten")
    np.testing.assert_allclose(page.evaluate("state.past.map(point => point.loss)"), losses, rtol=1e-11)
    page.fill("#slider", "3")
    np.testing.assert_allclose(values(page, "#loss .number"), [losses[3]], rtol=1e-11)
    press(page, "u")
    assert page.inner_text("#step") == "4" and page.get_attribute("#slider", "max") == "4"
    press(page, "r")
    assert page.inner_text("#step") == "0" and values(page, "#loss .number") == pytest.approx([losses[0]], rel=1e-12)


def test_what_is_edited_by_keys_counts_at_once(opened):
    page = opened(textbook().trace(X, Y))
    while not page.evaluate("at('network').contains(document.activeElement)"):
        press(page, "Tab")
    # From x0 along its strongest weight, W0[0, 1], to change it.
    press(page, "ArrowRight", "Enter", "Control+A")
    assert page.inner_text("#subject") == "Weight W0[0, 1]: x0 → h1"
    page.keyboard.type("-0.25")
    press(page, "Escape")
    weights = [[[0.5, -0.25], WEIGHTS[0][1]], WEIGHTS[1]]
    trace = textbook(weights).trace(X, Y)
    np.testing.assert_allclose(values(page, "#loss .number"), [trace.loss], **CLOSE)
    page.fill("#rate", "0.5")
    page.fill("#rowfields input[data-of='u:0:0']", "0.75")
    page.fill("#rowfields input[data-of='t:0:0']", "0.5")
    row = int(page.input_value("#row"))
    x, y = X.copy(), Y.copy()
    x[row, 0], y[row] = 0.75, 0.5
    trainer = textbook(weights, rate=0.5)
    np.testing.assert_allclose(values(page, "#loss .number"), [trainer.trace(x, y).loss], **CLOSE)
    page.click("#once")
    trainer.step(x, y)
    for there, here in zip(weights_of(page), trainer.model.weights, strict=True):
        np.testing.assert_allclose(there, here.ravel(), **CLOSE)
    page.fill("#rate", "fast")
    assert page.get_attribute("#rate", "aria-invalid") == "true" and page.evaluate("state.net.rate") == 0.5


def test_a_weight_shows_every_term_of_its_gradient(opened):
    trace = textbook().trace(X, Y)
    page = opened(trace)
    page.dispatch_event("[data-key='w:0:1:0']", "mouseover")
    terms = np.stack([trace.inputs[:, 1], trace.deltas[0][:, 0], trace.inputs[:, 1] * trace.deltas[0][:, 0]], axis=1)
    np.testing.assert_allclose(values(page, "#terms tbody .number"), terms.ravel(), **CLOSE)
    np.testing.assert_allclose(values(page, "#terms tfoot .number"), [trace.weight_gradients[0][1, 0]], **CLOSE)
    assert page.inner_text("#terms tfoot").split()[-1] == f"{trace.weight_gradients[0][1, 0]:.4g}".replace("-", "\u2212")
    page.dispatch_event("[data-key='u:1:1']", "mouseover")
    sums = values(page, "#terms tfoot .number")
    row = int(page.input_value("#row"))
    np.testing.assert_allclose(sums, [trace.sums[0][row, 1], trace.errors[0][row, 1]], **CLOSE)


def test_a_large_net_shows_the_top_and_is_searched(opened):
    trace = wide()
    page = opened(trace)
    assert len(values(page, "#network .unit")) == 12 + 12 + 10 and "+ 28 more" in page.inner_text("#network")
    press(page, "/")
    page.keyboard.type("W0[7, 31]")
    press(page, "Enter")
    assert page.inner_text("#subject") == "Weight W0[7, 31]: x7 → h31" and len(values(page, "#network [data-key='w:0:7:31']")) == 1
    assert float(page.get_attribute("#field", "data-value")) == trace.weights[0][7, 31]
    assert "4 others" in page.inner_text("#terms")
    page.click("#all")
    np.testing.assert_allclose(values(page, "#terms tfoot .number"), [trace.weight_gradients[0][7, 31]], rtol=1e-10)
    assert "others" not in page.inner_text("#terms") and page.locator("#terms tbody tr").count() == 16


def test_what_the_page_cannot_compute_is_shown_and_not_edited(opened):
    trace = wide(normalization="batch", dropout=0.2)
    page = opened(trace)
    assert "nothing can be edited" in page.inner_text(".notice") and page.is_disabled("#field") and not page.is_visible("#once")
    press(page, "ArrowRight", "u")
    row = int(page.input_value("#row"))
    unit = int(page.inner_text("#subject").removeprefix("Unit h"))
    np.testing.assert_allclose(values(page, "#terms tfoot .number")[0], trace.sums[0][row, unit], **CLOSE)
    assert values(page, "#loss .number") == [trace.loss]


def test_a_rate_that_is_too_large_is_told_and_undone(opened):
    model = fastbp.MLP([2, 3, 1], activation="relu", dtype="float64", seed=0)
    trainer = fastbp.Trainer(model, loss="squared_error", optimizer=fastbp.SGD(0.1), batch_size=None)
    page = opened(trainer.trace(X + 1, Y))
    page.fill("#rate", "1e90")
    page.wait_for_function("at('ahead').textContent.includes('no number any more after')")
    page.click("#ten")
    assert "the rate was too large" in page.inner_text("#ahead")
    for _ in range(7):
        press(page, "ArrowRight")
    page.fill("#rate", "0.1")
    page.click("#again")
    page.wait_for_function("at('ahead').textContent.includes('falls from')")


def contrast(page, selector):
    """Of a text and its card, as WCAG 2 defines it."""
    colors = page.eval_on_selector(
        selector, "each => [getComputedStyle(each).color, getComputedStyle(each.closest('.card')).backgroundColor]"
    )
    luminances = []
    for color in colors:
        parts = np.array([float(each) for each in color[color.index("(") + 1 : -1].split(",")[:3]]) / 255
        luminances.append(np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_read_in_light_and_dark_on_a_phone_and_by_voice(opened, scheme):
    page = opened(textbook().trace(X, Y), color_scheme=scheme, viewport={"width": 375, "height": 700})
    press(page, "n")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(245, 245, 242)") == (scheme == "light")
    assert min(contrast(page, selector) for selector in ("#said", "#formula", ".note", "#subject", "#terms td", "#phases button")) >= 4.5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    names = "each => each.ariaLabel || each.textContent.trim() || (each.labels && each.labels.length)"
    assert (
        page.eval_on_selector_all(
            "[role=button], button:not([hidden]), input, select", f"all => all.filter(each => !({names})(each)).length"
        )
        == 0
    )
    page.focus("#next")
    press(page, "Tab")
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.rim')).strokeWidth") == "7px"
