"""The door to the decoders of others: one error for all that they raise, and no other door."""

import re
import struct
import tokenize
import zlib

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.reading import printable, reading
from helpers.paths import SCRIPTS

RAISED = [
    ValueError("bad\nand more"), KeyError("X"), struct.error("short"), zlib.error("-3"), AssertionError(), IndexError(),
    RecursionError("deep"), NotImplementedError("HDF5"), RuntimeError("password"), tokenize.TokenError("EOF"),
    OSError(5, "Input/output error"), OverflowError(), AttributeError("None"), Warning("as an error"),
]  # fmt: skip


@pytest.mark.parametrize("reason", RAISED, ids=repr)
def test_whatever_a_decoder_raises_names_the_file_in_two_lines(reason):
    with pytest.raises(GeovaeError) as caught, reading("here/a.png", "image", "Do this."):
        raise reason
    first, second = str(caught.value).split("\n")
    said = str(reason).strip().split("\n")[0] or type(reason).__name__
    assert first == f"here/a.png: not a readable image ({said})."
    assert second == "Do this."
    assert caught.value.__cause__ is reason


def test_want_of_memory_names_the_file_and_says_what_helps():
    with (
        pytest.raises(
            GeovaeError, match=r"^a\.npy: out of memory while this file was read \(Unable\)\.\nRun fewer jobs"
        ),
        reading("a.npy", "file"),
    ):
        raise MemoryError("Unable")


def test_errors_that_are_meant_to_be_read_and_interruptions_pass_as_they_are():
    for reason in (GeovaeError("b: as it was"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(reason)) as caught, reading("a", "image"):
            raise reason
        assert caught.value is reason


def test_names_are_shown_on_one_line_that_any_terminal_can_print():
    assert printable("ü/caf\udce9\n\x1b[31m\u202e.png") == "ü/caf\\udce9\\n\\x1b[31m\\u202e.png"
    assert printable("ü/caf\udce9").encode("utf-8")


def test_there_is_one_door_alone():
    catching = re.compile(r"except\s*(:|Exception\b|BaseException\b)")
    found = [
        path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.py") if catching.search(path.read_text())
    ]
    assert found == ["geovae/core/reading.py"]
