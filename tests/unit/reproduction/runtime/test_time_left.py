"""The estimate of the time that is left: from jobs of known length, alone and side by side."""

import pytest

from reproduction.runtime.time_left import TimeLeft, in_words


def test_jobs_one_after_another_take_what_those_before_took():
    time_left = TimeLeft({"train": 4, "score": 2})
    time_left.start(1, "train", 100.0)
    assert time_left.finish(1, 160.0) == 60.0
    time_left.start(2, "score", 160.0)
    assert time_left.finish(2, 170.0) == 10.0
    assert time_left.seconds(170.0) == pytest.approx(3 * 60 + 10)
    time_left.start(3, "train", 170.0)
    assert time_left.seconds(190.0) == pytest.approx(3 * 60 + 10 - 20)


def test_jobs_side_by_side_take_less():
    time_left = TimeLeft({"train": 4})
    for job in (1, 2):
        time_left.start(job, "train", 0.0)
    for job in (1, 2):
        time_left.finish(job, 60.0)
    assert time_left.seconds(60.0) == pytest.approx(60.0)


def test_a_job_that_takes_longer_than_usual_counts_as_almost_done():
    time_left = TimeLeft({"train": 2})
    time_left.start(1, "train", 0.0)
    time_left.finish(1, 10.0)
    time_left.start(2, "train", 10.0)
    assert time_left.seconds(100.0) == 0.0


def test_nothing_is_said_before_most_of_what_is_left_was_timed():
    time_left = TimeLeft({"prepare": 2, "train": 6})
    assert time_left.seconds(0.0) is None
    time_left.start(1, "prepare", 0.0)
    time_left.finish(1, 1.0)
    assert time_left.seconds(1.0) is None
    time_left.start(2, "train", 1.0)
    time_left.finish(2, 31.0)
    assert time_left.seconds(31.0) == pytest.approx(5 * 30 + 1)


def test_rules_that_were_not_timed_take_what_jobs_take_usually():
    time_left = TimeLeft({"train": 3, "render": 1})
    time_left.start(1, "train", 0.0)
    time_left.finish(1, 8.0)
    assert time_left.seconds(8.0) == pytest.approx(2 * 8 + 8)


def test_what_is_said_once_is_said_until_the_end():
    """The last jobs of a build are of rules that have one job each."""
    time_left = TimeLeft({"train": 3, "collect": 1, "render": 1})
    for job, end in ((1, 8.0), (2, 16.0)):
        time_left.start(job, "train", end - 8)
        time_left.finish(job, end)
        assert time_left.seconds(end) is None
    time_left = TimeLeft({"train": 9, "collect": 1, "render": 1})
    for job in range(9):
        time_left.start(job, "train", 8.0 * job)
        time_left.finish(job, 8.0 * job + 8)
        assert time_left.seconds(8.0 * job + 8) == pytest.approx((8 - job) * 8 + 2 * 8)


def test_a_job_that_fails_is_still_left():
    time_left = TimeLeft({"train": 2})
    time_left.start(1, "train", 0.0)
    time_left.finish(1, 10.0)
    time_left.start(2, "train", 10.0)
    time_left.fail(2)
    assert time_left.seconds(20.0) == pytest.approx(10 * 20 / 10)
    assert time_left.running == {}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (20, "under a minute left"),
        (100, "about 2 min left"),
        (3600 + 20 * 60, "about 1 h 20 min left"),
        (27 * 3600, "about 1 d 3 h left"),
    ],
)
def test_it_is_said_in_words(seconds, words):
    assert in_words(seconds) == words
