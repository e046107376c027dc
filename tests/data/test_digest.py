"""Arrays are told apart by all of their numbers, very large ones by blocks of them."""

import numpy as np
import pytest

from fastbp.data import digest
from fastbp.data.digest import ALL, SAMPLE, digest_of


def array_of(rows=1000, columns=7, dtype="f4"):
    return np.random.default_rng(0).normal(size=(rows, columns)).astype(dtype)


@pytest.mark.parametrize("columns", [1, 3, 7])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_how_rows_lie_makes_no_difference(dtype, columns, monkeypatch):
    monkeypatch.setattr(digest, "_BLOCK", 1000)
    whole = array_of(dtype=dtype)
    part = whole[::2, :columns]
    assert digest_of(part) == digest_of(part.copy()) == digest_of(np.asfortranarray(part))
    assert digest_of(part)[0] != digest_of(whole[1::2, :columns])[0]


@pytest.mark.parametrize("most", [1 << 26, 1 << 12])
def test_blocks_may_be_read_in_any_order(most, monkeypatch):
    monkeypatch.setattr(digest, "_WHOLE", most)
    monkeypatch.setattr(digest, "_BLOCK", 300)
    array = array_of(1003, 3)
    blocks = [*digest.blocks_of(1003, 12)][::-1]
    assert len(blocks) > 30 and blocks[0].end == 1003 and blocks[-1].words == 0
    total = sum(digest.part_of_digest(array[block.begin : block.end], block) for block in blocks)
    assert digest.digest_from(total, array.nbytes) == digest_of(array)


def test_any_number_makes_a_difference():
    array = array_of()
    found, what = digest_of(array)
    array[500, 3] += 1
    assert digest_of(array)[0] != found and what == ALL


def test_of_a_very_large_array_blocks_are_read_to_both_ends(monkeypatch):
    monkeypatch.setattr(digest, "_WHOLE", 1 << 12)
    monkeypatch.setattr(digest, "_BLOCK", 64)
    array = np.zeros((20_000, 4), np.float32)
    found, what = digest_of(array)
    assert what == SAMPLE
    changes = []
    for row in range(0, 20_000, 7):
        array[row] += 1
        changes.append(digest_of(array)[0] != found)
        array[row] -= 1
    assert changes[0] and not all(changes) and any(changes[1:])
    array[-1] += 1
    assert digest_of(array)[0] != found
