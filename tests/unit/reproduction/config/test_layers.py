"""What a config file is laid over is said by the file, so that no list is inherited by oversight."""

import pytest

from geovae.core.errors import GeovaeError
from helpers.configs import configured, overlay, read
from reproduction.config.config import load_config
from reproduction.config.layers import lies_over_default


def test_a_build_without_a_file_is_the_defaults():
    assert lies_over_default({}, [])
    assert lies_over_default({"threads": 2}, [])


def test_a_file_says_its_base():
    assert lies_over_default({"base": "default"}, ["mine.yaml"])
    assert not lies_over_default({"base": "paper"}, ["mine.yaml"])
    assert not lies_over_default({"base": "paper"}, [])


@pytest.mark.parametrize(("content", "found"), [({}, "no such key"), ({"base": "config.yaml"}, "'config.yaml'")])
def test_a_file_that_does_not_is_refused_with_both_answers(content, found):
    with pytest.raises(GeovaeError, match=f"^base: {found} in mine.yaml") as caught:
        lies_over_default(content, ["mine.yaml"])
    assert "`base: default`" in str(caught.value)
    assert "`base: paper`" in str(caught.value)


def test_nothing_of_the_default_reaches_the_papers_config():
    alone = load_config(configured("configs/paper.yaml"))
    shortened = load_config(overlay(read("config.yaml"), read("configs/paper.yaml")))
    assert alone != shortened
    assert alone.datasets.digits is None
    assert alone.evaluation.extra == []
