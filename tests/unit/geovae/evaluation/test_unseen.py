"""The file of unseen images' distances: what is written is read, and what cannot be is named."""

import numpy as np
import pytest

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.evaluation.unseen import load_unseen, save_unseen

GOOD = np.array([0.0, 0.1, 2.5])


def test_what_is_written_is_read_by_split(tmp_path):
    save_unseen(tmp_path / "unseen.npz", validation=GOOD, test=GOOD[:2])
    found = load_unseen(tmp_path / "unseen.npz")
    assert {split: distances.tolist() for split, distances in found.items()} == {
        "validation": [0.0, 0.1, 2.5],
        "test": [0.0, 0.1],
    }


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(
    "odd",
    [
        *(np.array([1.0, value]) for value in (np.nan, np.inf, -1e-9)),
        *(GOOD[None], np.float64(1.0), GOOD.astype(np.float32), np.array([1, 2]), np.array(["a"])),
    ],
)
def test_what_are_no_distances_are_named_with_file_and_split(tmp_path, split, odd):
    storage.save_arrays(tmp_path / "unseen.npz", **{"validation": GOOD, "test": GOOD, split: odd})
    with pytest.raises(GeovaeError, match=rf"unseen\.npz: not a readable .*\({split} must be distances") as caught:
        load_unseen(tmp_path / "unseen.npz")
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_without_both_splits_is_named(tmp_path):
    storage.save_arrays(tmp_path / "latents.npz", mu=GOOD[None], test=GOOD)
    with pytest.raises(GeovaeError, match=r"latents\.npz: not a readable .*\(it lacks validation\)"):
        load_unseen(tmp_path / "latents.npz")
    with pytest.raises(GeovaeError, match=r"gone\.npz: no such file"):
        load_unseen(tmp_path / "gone.npz")
