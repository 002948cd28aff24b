"""List scheduling, and the critical path."""

import pytest

from reproduction.costs.graph import Job
from reproduction.costs.schedule import critical_path, schedule


def graph_of(text):
    """`b:a c:ab` says that b waits for a, and c for a and b."""
    parts = [entry.partition(":") for entry in text.split()]
    return {Job(name, None): {Job(earlier, None) for earlier in before} for name, _, before in parts}


def plan(text, seconds, places, on_gpu=""):
    graph = graph_of(text)
    kinds = {job: "gpu" if job.rule in on_gpu else "core" for job in graph}
    return schedule(graph, {job: seconds[job.rule] for job in graph}, kinds, places)


SECONDS = {"a": 1.0, "b": 5.0, "c": 2.0, "d": 3.0, "e": 4.0}
DIAMOND = "a: b:a c:a d:bc e:"


def test_the_critical_path_is_the_longest_chain():
    graph = graph_of(DIAMOND)
    path = critical_path(graph, {job: SECONDS[job.rule] for job in graph})
    assert [job.rule for job in path] == ["a", "b", "d"]
    assert critical_path({}, {}) == []
    ties = graph_of("b: a: c:")
    assert critical_path(ties, dict.fromkeys(ties, 1.0)) == [Job("c", None)]


@pytest.mark.parametrize(("cores", "expected"), [(1, 15.0), (2, 9.0), (3, 9.0), (100, 9.0)])
def test_more_places_take_less_time_down_to_the_critical_path(cores, expected):
    made = plan(DIAMOND, SECONDS, {"core": cores})
    assert made.seconds == expected
    assert made.busy == {"core": 15.0}


def test_a_job_starts_when_what_it_waits_for_has_ended_and_long_ways_go_first():
    made = plan(DIAMOND, SECONDS, {"core": 1})
    starts = {job.rule: start for job, start in made.starts.items()}
    assert starts == {"a": 0.0, "b": 1.0, "c": 6.0, "e": 8.0, "d": 12.0}


def test_each_kind_of_place_has_its_own_jobs():
    made = plan("a: b: c: d:", dict.fromkeys("abcd", 2.0), {"gpu": 1, "core": 2}, on_gpu="abc")
    assert made.seconds == 6.0
    assert made.busy == {"gpu": 6.0, "core": 2.0}


def test_no_jobs_take_no_time():
    assert plan("", {}, {"core": 1}).seconds == 0.0
