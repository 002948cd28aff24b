"""Check the library on this machine's GPU, measure its speed there, and go on with rows of Table 1.

    python3 benchmarks/check_gpu.py                                # nine minutes on a GPU
    python3 benchmarks/check_gpu.py --device cpu --scale tiny      # every line of it, in half a minute without one

It needs torch, torchvision and NumPy, and no network. Each part runs in a process of its own, so that an error in one
leaves the others as they are. Everything it finds is in small files in `--output`; `--state` keeps what is large
(weights, unfinished trainings), from which another call goes on. docs/gpu.md says what the numbers mean.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from geovae.core.errors import GeovaeError
from reproduction.runtime import job

ROOT = Path(__file__).resolve().parents[1]

# Part: place of its function, the largest share of the whole time that it may take, and whether it is deterministic.
PARTS = {
    "models": ("gpu_check.models:compare_models", 0.35, True),
    "sampling": ("gpu_check.sampling:compare_sampling", 0.2, True),
    "repeated": ("gpu_check.models:repeat_trainings", 0.2, True),
    "speed": ("gpu_check.speed:measure_speed", 0.3, False),
    "table1": ("gpu_check.table1:build_rows", 1.0, True),
}
END_SECONDS = 10.0  # of the whole time, in which the page is written
NO_DEVICE = 3  # the status of a part that finds no device, as the next ones would not
ENDS = {0: "done", NO_DEVICE: "there is no such device"}


def build_parser():
    """The command line."""
    parser = job.parser(__doc__)
    parser.set_defaults(threads=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--scale", choices=("full", "tiny"), default="full", help="tiny: a rehearsal")
    parser.add_argument("--minutes", type=float, default=9.0, help="time that all may take (default: 9)")
    parser.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=tuple(PARTS), help="default: all, in order")
    parser.add_argument("--output", type=Path, default=ROOT / "results/gpu_check", help="folder of small files")
    parser.add_argument("--state", type=Path, default=ROOT / "results/gpu_check_state", help="folder of large files")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="folder with MNIST/raw, if it is there")
    return parser


def run_part(function: Callable, part: str, options, deadline: float) -> None:
    """A part, in this process; its errors go to the terminal and to `PART-error.txt`."""
    from gpu_check.report import Check
    from gpu_check.scales import SCALES

    sys.stderr = _Tee(options.output / f"{part}-error.txt")
    try:
        device = job.torch_device(options.device, options.threads, PARTS[part][2])
    except GeovaeError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(NO_DEVICE)
    state = options.state / f"{options.scale}-{device.type}"
    function(Check(part, device, SCALES[options.scale], options.output, state, options.data, deadline))


class _Tee:
    """Standard error, which is also written to a file once there is something to write."""

    def __init__(self, path: Path) -> None:
        self._terminal, self._path = sys.stderr, path

    def write(self, text: str) -> int:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)
        return self._terminal.write(text)

    def flush(self) -> None:
        self._terminal.flush()

    def isatty(self) -> bool:
        return False


def main(options) -> None:
    """Run the parts one after the other, each for its share of the time at most, and write the page."""
    start = time.monotonic()
    end = start + 60 * options.minutes - END_SECONDS
    # Loaded once for all parts. None of it touches the device, which a forked process could not use then.
    import torch._dynamo  # noqa: F401 - which optimisers load

    from geovae.core.registry import resolve
    from gpu_check.circumstances import circumstances
    from gpu_check.report import write_page

    functions = {part: resolve(PARTS[part][0]) for part in options.parts}

    options.output.mkdir(parents=True, exist_ok=True)
    told = circumstances(options.device, options.threads, options.scale)
    states: dict[str, str] = {}
    for part in options.parts:
        for old in options.output.glob(f"{part}[.-]*"):
            old.unlink()
        deadline = min(end, time.monotonic() + PARTS[part][1] * 60 * options.minutes)
        states[part] = _in_a_process(functions[part], part, options, deadline)
        told["minutes"] = round((time.monotonic() - start) / 60, 2)
        sound = write_page(options.output, told, states)
        if states[part] != ENDS[0]:
            print(f"{part}: {states[part]}", flush=True)
        if states[part] == ENDS[NO_DEVICE]:
            break
    print(f"{options.output}/report.md: {'all is well' if sound else 'something is wrong'}", flush=True)
    sys.exit(0 if sound else 1)


def _in_a_process(function: Callable, part: str, options, deadline: float) -> str:
    """How the part ended."""
    process = multiprocessing.get_context("fork").Process(target=run_part, args=(function, part, options, deadline))
    process.start()
    process.join(max(0.0, deadline - time.monotonic()))
    if process.is_alive():
        process.kill()
        process.join()
        return "its time was over"
    return ENDS.get(process.exitcode, f"it ended with status {process.exitcode}; see {part}-error.txt")


if __name__ == "__main__":
    job.run(main, build_parser())
