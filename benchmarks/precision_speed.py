"""In which precision each net trains fastest, by its width, and what `precision: auto` takes; prints a Markdown table.

    python benchmarks/precision_speed.py [--nets conv mlp resnet] [--widths 1 0.25 0.0625] [--thread-counts 1 2]

Images a second of the bare loop in float32 and in bfloat16, of this project's loop with `auto`, and of pythae's trainer
where it is installed; all in turn, round by round, on random images of 32 × 32 pixels in batches of 100. `auto`'s table
is `LEAST_BREADTHS` of geovae/training/precision.py; it should never be over a twentieth below the faster of the two.

On a machine that others use, `--busy` takes processor seconds of one thread in the place of wall-clock seconds; the two
loops of epochs, which keep their own clocks, are left out then.
"""

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
import training_speed
from reproduction.runtime import job

NETS, WIDTHS = ("conv", "mlp", "resnet"), (1.0, 0.25, 0.0625)
SHORTEST = 0.3  # seconds of a measurement, which is otherwise of one step
COLUMNS = (
    *("net", "width", "threads", "float32", "bfloat16", "bfloat16 / float32"),
    *("`auto` takes", "`auto` / faster", "loop with `auto`", "pythae"),
)


def stepper(net: str, width: float, precision: str) -> Callable[[], None]:
    """A function that takes one step of the bare loop, on a batch that is in memory."""
    import torch

    from geovae.core.images import to_unit
    from geovae.training.optimiser import Adam
    from geovae.training.precision import autocast_dtype

    model = training_speed.make_model(width, net).train()
    model.autocast_dtype = autocast_dtype(precision, torch.device("cpu"), model)
    optimizer = Adam(model.parameters(), 1e-3, fused=True)
    x, generator = to_unit(training_speed.make_images(training_speed.BATCH)), torch.Generator().manual_seed(0)

    def step() -> None:
        loss = model.loss(x, generator)
        optimizer.zero_grad()
        loss.total.backward()
        optimizer.step()

    return step


def images_per_second(step: Callable[[], None], clock: Callable[[], float]) -> float:
    """Of as many steps as fill `SHORTEST` seconds of `clock`."""
    start, steps = clock(), 0
    while (taken := clock() - start) < SHORTEST or not steps:
        step()
        steps += 1
    return steps * training_speed.BATCH / taken


def loops(net: str, width: float) -> dict[str, Callable[[], float]]:
    """Images a second of this project's loop, and of pythae's trainer where it is installed, by name."""
    import torch

    # An epoch of each takes about as long, whatever the width.
    images = training_speed.make_images(training_speed.BATCH * max(1, round(0.25 / width**2)))
    device = torch.device("cpu")
    found = {"ours": lambda: training_speed.training_loop(width, images, "auto", device, net)}
    if importlib.util.find_spec("pythae"):
        found["pythae"] = lambda: training_speed.pythae_trainer(width, images, device, False, net)
    return found


def chosen(net: str, width: float) -> str:
    """What `auto` is here."""
    import torch

    from geovae.training.precision import autocast_dtype

    model = training_speed.make_model(width, net)
    return "float32" if autocast_dtype("auto", torch.device("cpu"), model) is None else "bfloat16"


def measure(net: str, width: float, rounds: int, busy: bool) -> dict[str, list[float]]:
    """Images a second by procedure, a number a round."""
    clock = time.process_time if busy else time.perf_counter
    steps = {precision: stepper(net, width, precision) for precision in ("float32", "bfloat16")}
    for step in steps.values():
        step()  # the first prepares the kernels
    others = {} if busy else loops(net, width)
    found: dict[str, list[float]] = {name: [] for name in (*steps, *others)}
    for _ in range(rounds):
        for name, step in steps.items():
            found[name].append(images_per_second(step, clock))
        for name, loop in others.items():
            found[name].append(loop())
    return found


def row(net: str, width: float, threads: int, speeds: dict[str, list[float]], auto: str) -> tuple[object, ...]:
    """The row of a net and width. The share of `auto` in the faster is that of the medians."""
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    ratio = training_speed.compare(speeds["bfloat16"], speeds["float32"]).ratio_text(2)
    share = medians[auto] / max(medians["float32"], medians["bfloat16"])
    cells = [f"{medians[name]:,.0f}" if name in medians else "" for name in ("float32", "bfloat16", "ours", "pythae")]
    return (net, f"{width:g}", threads, *cells[:2], ratio, auto, f"{share:.2f}", *cells[2:])


def main(options) -> None:
    """Measure row by row and print the table."""
    import torch

    if options.busy and options.thread_counts != [1]:
        sys.exit("error: --busy measures one thread: processor seconds of several count their waiting too.")
    print(measuring.circumstances(max(options.thread_counts), "torch"))
    clock = "processor" if options.busy else "wall-clock"
    print(
        f"Images per {clock} second{', busy machine' if options.busy else ''}; {options.rounds} rounds.\n", flush=True
    )
    rows = []
    for net in options.nets:
        for width in options.widths:
            for threads in options.thread_counts:
                torch.set_num_threads(threads)
                speeds = measure(net, width, options.rounds, options.busy)
                rows.append(row(net, width, threads, speeds, chosen(net, width)))
                print(*rows[-1], file=sys.stderr, flush=True)
    print(measuring.table(COLUMNS, rows))


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("--nets", nargs="+", default=list(NETS), help="nets by name")
    arguments.add_argument("--widths", nargs="+", type=float, default=list(WIDTHS), help="factors on their widths")
    arguments.add_argument("--thread-counts", nargs="+", type=int, default=[1, 2], help="threads, each in turn")
    arguments.add_argument("--rounds", type=int, default=3, help="measurements of each")
    arguments.add_argument("--busy", action="store_true", help="processor seconds; with --thread-counts 1")
    job.run(main, arguments)
