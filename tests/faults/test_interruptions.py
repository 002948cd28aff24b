"""A build that is interrupted again and again ends as one that is left alone, and builds nothing twice.

It suffers every signal, lack of memory and a full disk. `pytest tests/faults --rounds 200` puts more faults to it;
`--seed S` repeats those of a build from the seed that was printed.
"""

import contextlib
import itertools
import os
import random
import resource
import secrets
import signal
import time

import pytest

from helpers.builds import ROUNDS, Build, assert_same, fill_disk, mount_disk, virtual_bytes, wait_for

# What is hit, and by what: Ctrl-C in a terminal reaches the whole group of processes, `kill` only one.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
KINDS = [*itertools.product(("group", "snakemake", "job"), SIGNALS), ("job", "memory"), ("disk", "full")]
A_BUILD = 20  # faults
LATEST = 9  # seconds after a start, at most
ROOM = 2**30


def pytest_generate_tests(metafunc):
    if "n_faults" in metafunc.fixturenames:
        rounds = metafunc.config.getoption("rounds", ROUNDS)
        parts = [min(A_BUILD, rounds - start) for start in range(0, rounds, A_BUILD)]
        metafunc.parametrize(("part", "n_faults"), list(enumerate(parts)))


class Sufferer:
    """Builds in one place after another, each of which suffers faults until it is done."""

    def __init__(self, folder, reference, namespace):
        self.folder, self.reference, self.namespace = folder, reference, namespace
        self.count = 0
        self.renew()

    def renew(self):
        """Begin a new build."""
        self.count += 1
        self.build = Build(self.folder / str(self.count), namespace=self.namespace)
        if self.namespace:
            mount_disk(self.namespace, self.build.folder / "results", ROOM)

    def suffer(self, whom, what, moment):
        """Start, and let the fault happen at its moment; return what was hit, None where the build was done before."""
        build = self.build
        build.start()
        end = time.monotonic() + moment
        wait_for(lambda: time.monotonic() >= end or not build.running())
        if whom == "job":
            wait_for(lambda: build.jobs() or not build.running())
        hit = None
        if build.running():
            with contextlib.suppress(ProcessLookupError, IndexError):  # it has ended in the meantime
                hit = self.strike(whom, what, random.Random(moment))
        status = build.wait()
        if whom == "disk" and status == 0:  # what was left to write had room on it
            hit = None
        if hit is None:
            assert status == 0, build.log()
            assert_same(build.results, self.reference)
            self.renew()
        elif whom == "disk":
            self.check_full()
        return hit

    def strike(self, whom, what, generator):
        build = self.build
        if whom == "disk":
            used = fill_disk(self.namespace, build.folder / "results", generator.randrange(100_000))
            return f"the disk, which holds {used:,} bytes,"
        if whom == "group":
            os.killpg(build.pid, what)
            return "Snakemake and its jobs"
        if whom == "snakemake":
            os.kill(build.pid, what)
            return "Snakemake"
        process = generator.choice(build.jobs() if what == "memory" else build.parts_of_jobs())
        name = build.name(process)
        if what == "memory":
            limit = virtual_bytes(process) // 2
            resource.prlimit(process, resource.RLIMIT_AS, (limit, limit))
        else:
            os.kill(process, what)
        return name

    def check_full(self):
        """The build failed of the disk, and says so in a line; then there is room again."""
        build = self.build
        assert "results: 16 MiB more cannot be written (No space left on device)" in build.log(), build.log()
        for log in (build.results / "logs").rglob("*.log"):
            if "No space" in (text := log.read_text()):
                assert "Traceback" not in text, log
        mount_disk(self.namespace, build.folder / "results", ROOM, again=True)


@pytest.mark.timeout(3600)
def test_an_interrupted_build_goes_on_and_ends_the_same(
    part, n_faults, reference, namespace, tmp_path, request, record_property
):
    seed = request.config.getoption("seed", None)
    seed = secrets.randbelow(10**6) if seed is None else seed + part
    generator = random.Random(seed)
    kinds = [kind for kind in KINDS if namespace or kind[0] != "disk"]
    kinds = generator.sample(kinds, len(kinds)) + generator.sample(kinds, len(kinds))
    sufferer = Sufferer(tmp_path, reference, namespace)
    for number, (whom, what) in enumerate(kinds[:n_faults], start=1):
        hit = None
        while hit is None:
            moment = generator.uniform(0, LATEST)
            hit = sufferer.suffer(whom, what, moment)
        name = what if isinstance(what, str) else what.name
        text = f"seed {seed}, {number} of {n_faults}: {name} to {hit} {moment:.2f} s after the start"
        print(text)
        record_property("fault", text)
    sufferer.build.finish()
    assert_same(sufferer.build.results, reference)
