"""Kendall's τ between two orders of rows, with its interval over trainings."""

import pytest

from reproduction.evidence.order import agreement, papers_order


def rows(values: dict[str, list[float]]) -> dict[str, list[dict]]:
    return {label: [{"seed": i, "fid": fid} for i, fid in enumerate(fids)] for label, fids in values.items()}


def test_one_exchanged_pair_of_four_is_two_thirds():
    ours = rows({"a": [1.0], "b": [2.0], "c": [4.0], "d": [3.0]})
    found = agreement(ours, {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0})
    assert found == (pytest.approx(4 / 6), None, 4)


def test_the_same_order_in_every_training_has_no_spread():
    ours = rows({"a": [1.0, 1.5, 1.2], "b": [2.0, 2.5, 2.2], "c": [3.0, 3.5, 3.2]})
    assert agreement(ours, {"a": 1.0, "b": 2.0, "c": 3.0}) == (pytest.approx(1.0), (1.0, 1.0), 3)
    assert agreement(ours, {"a": 3.0, "b": 2.0, "c": 1.0}) == (pytest.approx(-1.0), (-1.0, -1.0), 3)


def test_trainings_that_disagree_widen_the_interval():
    ours = rows({"a": [1.0, 9.0, 1.0], "b": [2.0, 5.0, 2.0], "c": [3.0, 1.0, 3.0]})
    found = agreement(ours, {"a": 1.0, "b": 2.0, "c": 3.0})
    assert found.tau == pytest.approx(-1.0)  # means 3.7, 3.0, 2.3
    assert found.interval == (-1.0, 1.0)
    assert agreement(ours, {"a": 1.0, "b": 2.0, "c": 3.0}) == found


def test_two_rows_are_no_order():
    assert agreement(rows({"a": [1.0], "b": [2.0], "c": [3.0]}), {"a": 1.0, "b": 2.0}) is None


def test_the_papers_order_has_the_rows_that_the_paper_prints():
    assert papers_order(["VAE - Ours", "WAE", "Real images"], "mnist") == {"VAE - Ours": 8.53, "WAE": 20.71}
    assert papers_order(["VAE - Ours"], "fashion_mnist") == {}
