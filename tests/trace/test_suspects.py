"""Wrong labels are found where the net has learnt against them."""

import numpy as np
import pytest

import fastbp
from fastbp.trace import Recording, suspects


def test_planted_labels_come_first(tmp_path):
    random = np.random.default_rng(0)
    X = random.normal(size=(200, 4))
    y = (X[:, 0] > 0).astype(int)
    X[:, 0] += np.where(X[:, 0] > 0, 1, -1)
    wrong = random.choice(200, 10, replace=False)
    y[wrong] = 1 - y[wrong]
    trainer = fastbp.Trainer(fastbp.MLP([4, 8, 2], seed=0), loss="cross_entropy", optimizer=fastbp.Adam(0.02), batch_size=20, seed=0)
    trainer.fit(X, y, epochs=10, callbacks=fastbp.Record(tmp_path / "r", every=1, layers=[-1], weights=0))
    found = suspects(Recording(tmp_path / "r"), top=10)
    assert {*found["row"].tolist()} == {*wrong.tolist()} and found.count == 200
    assert np.all(np.diff(found["contribution"]) <= 0)


@pytest.mark.parametrize("weight", [None, [1.0, 3.0, 0.0]])
def test_the_score_is_one_minus_the_probability_of_the_label(tmp_path, weight):
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 1])
    trainer = fastbp.Trainer(fastbp.MLP([1, 3, 2], dtype="float64", seed=0), loss="cross_entropy", batch_size=None, seed=0)
    wrong = 1 - trainer.model.predict(X)[np.arange(3), y]
    trainer.fit(X, y, epochs=1, sample_weight=weight, callbacks=fastbp.Record(tmp_path / "r", every=1))
    found = suspects(Recording(tmp_path / "r"), top=None)
    scores = dict(zip(found["row"].tolist(), found["contribution"].tolist(), strict=True))
    for row in range(3 if weight is None else 2):
        assert scores[row] == pytest.approx(wrong[row], rel=1e-12)
    assert weight is None or scores[2] == 0


def test_it_needs_the_last_layer(tmp_path):
    trainer = fastbp.Trainer(fastbp.MLP([1, 3, 2], seed=0), loss="cross_entropy", seed=0)
    trainer.fit([[0.0], [1.0]], [0, 1], epochs=1, callbacks=fastbp.Record(tmp_path / "r", layers=[0]))
    with pytest.raises(ValueError, match="suspects need the deltas of the last layer, 1; recorded are 0"):
        suspects(Recording(tmp_path / "r"))
