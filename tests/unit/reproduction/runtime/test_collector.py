"""When the garbage collector of a job works, and when not."""

import gc
import subprocess
import sys
import weakref

import pytest
import torch

from helpers.paths import SCRIPTS
from reproduction.runtime import collector, job

USUAL = gc.get_threshold()


class Knot:
    """An object that only the collector can free."""

    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before():
    gc.disable()  # what is asked for alone is collected
    yield
    gc.enable()
    gc.set_threshold(*USUAL)
    gc.unfreeze()


def test_a_job_collects_as_usual_when_it_computes_and_not_what_was_there_before():
    seen = []

    def main(_):
        seen.append(gc.get_threshold()[0])
        job.torch_device("cpu", torch.get_num_threads())
        seen.append(gc.get_threshold())

    old = weakref.ref(Knot())
    job.run(main, job.parser("a script"), [])
    new = weakref.ref(Knot())
    gc.collect()
    assert seen == [collector.LOADING, USUAL]
    assert old() is not None
    assert new() is None


_LAST = """
import sys
from reproduction.runtime import job

class Knot:
    def __init__(self): self.itself = self
    def __del__(self): print("collected")

def main(options): Knot()

if sys.argv.pop() == "job":
    job.run(main, job.parser("a script"))
else:
    main(None)
"""


@pytest.mark.parametrize(("how", "printed"), [("job", ""), ("bare", "collected\n")])
def test_nothing_is_collected_at_the_end_of_a_job(how, printed):
    command = [sys.executable, "-c", _LAST, how]
    result = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert result.stdout == printed


def test_the_compilers_bindings_complain_of_nothing():
    """Objects that are not freed at the end of a process they list on its terminal, where the compiler is there."""
    pytest.importorskip("triton")
    code = "from reproduction.runtime import job\njob.run(lambda _: __import__('triton'), job.parser('a script'), [])"
    result = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert result.stderr == ""
