"""When a build's jobs run on so many devices: list scheduling, and the critical path."""

import heapq
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import NamedTuple

from reproduction.costs.graph import Graph, Job


class Plan(NamedTuple):
    """How long a build takes.

    Attributes:
        seconds: from the first job's start to the last one's end.
        busy: seconds of work per kind of place, of all places of the kind together.
        starts: job → seconds until it starts.
    """

    seconds: float
    busy: Mapping[str, float]
    starts: Mapping[Job, float]


def critical_path(graph: Graph, seconds: Mapping[Job, float]) -> list[Job]:
    """The chain of jobs, each reading results of the one before, that takes longest: no number of devices beats it."""
    done, last = {}, {}

    def ended(job: Job) -> tuple[float, str]:
        return done[job], str(job)  # of two that take as long always the same one

    for job in TopologicalSorter(graph).static_order():
        last[job] = max(graph[job], key=ended, default=None)
        done[job] = seconds[job] + (done[last[job]] if last[job] else 0.0)
    path = [max(done, key=ended)] if done else []
    while path and last[path[-1]]:
        path.append(last[path[-1]])
    return path[::-1]


def schedule(graph: Graph, seconds: Mapping[Job, float], kinds: Mapping[Job, str], places: Mapping[str, int]) -> Plan:
    """List scheduling: whenever a place is free, the ready job of its kind with the longest way to the end takes it.

    At most 2 − 1/n times as long as the best schedule on n places of one kind (Graham 1969).

    Args:
        graph: job → the jobs that it waits for.
        seconds: of each job.
        kinds: of the place that each job takes.
        places: how many there are of each kind, at least one.
    """
    waiting = {job: len(before) for job, before in graph.items()}
    after: dict[Job, list[Job]] = {job: [] for job in graph}
    for job, before in graph.items():
        for earlier in before:
            after[earlier].append(job)
    rest = _ways_to_the_end(graph, after, seconds)
    order = {job: (-rest[job], number) for number, job in enumerate(sorted(graph, key=str))}
    ready = {kind: [(*order[job], job) for job in graph if not waiting[job] and kinds[job] == kind] for kind in places}
    for queue in ready.values():
        heapq.heapify(queue)
    free, running, starts, now = dict(places), [], {}, 0.0
    while running or any(ready.values()):
        for kind, queue in ready.items():
            while queue and free[kind]:
                *_, job = heapq.heappop(queue)
                free[kind] -= 1
                starts[job] = now
                heapq.heappush(running, (now + seconds[job], order[job], job))
        now, _, job = heapq.heappop(running)
        free[kinds[job]] += 1
        for later in after[job]:
            waiting[later] -= 1
            if not waiting[later]:
                heapq.heappush(ready[kinds[later]], (*order[later], later))
    busy = {kind: sum(seconds[job] for job in graph if kinds[job] == kind) for kind in places}
    return Plan(now, busy, starts)


def _ways_to_the_end(graph: Graph, after: Mapping[Job, list[Job]], seconds: Mapping[Job, float]) -> dict[Job, float]:
    """Seconds from a job's start to the end of the longest chain of jobs that wait for it."""
    rest: dict[Job, float] = {}
    for job in reversed(list(TopologicalSorter(graph).static_order())):
        rest[job] = seconds[job] + max((rest[later] for later in after[job]), default=0.0)
    return rest
