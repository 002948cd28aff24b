"""The options of a folder of images, given to the library directly: each is refused by its name."""

import math
import re

import numpy as np
import pytest
from PIL import Image

from geovae.core.errors import GeovaeError
from geovae.data import folder


@pytest.fixture
def images(tmp_path):
    for number in range(20):
        path = tmp_path / ("cat" if number % 2 else "dog") / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((12, 10, 3), number, np.uint8)).save(path)
    return tmp_path


SIDES = "it must be a whole number from 1 to 16384."
LABELS = "it must be subfolders, none, or the path of a CSV file."


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        *(("image_size", value, SIDES) for value in (0, -4, True, None, 4.5, "64", 10**6)),
        *(("image_size", value, "it must be the side or [height, width].") for value in ([4], [], (4, 4, 4))),
        ("channels", 2, "it must be 1 (grey) or 3 (colour)."),
        *(("channels", value, "it must be a whole number from 1 to 3.") for value in (0, 4, True, None, "3")),
        *(("labels", value, LABELS) for value in ("", None, 3, ["none"])),
        *(("path", value, "it must be the path of a folder.") for value in (3, ["here"])),
        ("group", 3, "it must be the name of a column of the CSV file in labels."),
        *(
            (share, value, "it must be finite and ≥ 0")
            for share in ("validation", "test")
            for value in ("x", None, -0.1, math.nan, 1.5, True)
        ),
    ],
)
def test_options_that_are_none_are_refused_by_name(images, option, value, words):
    with pytest.raises(GeovaeError, match=re.escape(f"data set 'folder': {option} = {value!r}; {words}")):
        folder.load({"path": str(images), option: value})


def test_a_side_of_a_pair_is_named():
    with pytest.raises(GeovaeError, match=re.escape(f"data set 'folder': image_size = 0; {SIDES}")):
        folder.load({"path": ".", "image_size": [4, 0]})


@pytest.mark.parametrize("size", [4, [4, 4], (4, 4), np.int64(4)])
def test_a_side_and_a_pair_give_the_same_images(images, size):
    splits = folder.load({"path": images, "image_size": size, "channels": np.int64(1), "validation": 0.2, "test": 0})
    assert {split: content.shape for split, content in splits.items()} == {
        "train": (15, 1, 4, 4),
        "validation": (4, 1, 4, 4),
        "test": (1, 1, 4, 4),
    }
