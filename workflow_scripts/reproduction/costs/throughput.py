"""Training speeds that were measured, and what they say of a training that was not.

`measured.csv` beside this module holds the speeds of the nets of the default build, and of some larger ones, on one
core of an AMD EPYC with AVX-512, in images per second of processor time, in bfloat16: a core without its instructions
takes two to four times as long. The histories of trainings under `results/` take precedence over
it, so that an estimate gets better with every training on the machine at hand.
"""

import csv
import statistics
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from geovae.core.storage import load_json
from geovae.training.history import load_history

MEASURED = Path(__file__).parent / "measured.csv"


class Throughput(NamedTuple):
    """The speed of one training.

    Attributes:
        device: `cpu` (one core) or `cuda`.
        net, model: names.
        macs: multiplications per image of a forward pass of encoder and decoder, for the VAEGAN of D too.
        images_per_second: speed of the training loop.
        name: of the device, as torch gives it; empty for a core.
    """

    device: str
    net: str
    model: str
    macs: float
    images_per_second: float
    name: str = ""


def read_measured(path: str | Path = MEASURED) -> list[Throughput]:
    """The table of measured throughputs."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [
            Throughput(row["device"], row["net"], row["model"], float(row["macs"]), float(row["images_per_second"]))
            for row in csv.DictReader(file)
        ]


def read_histories(results: str | Path, macs: Mapping[str, float]) -> Iterator[Throughput]:
    """The throughputs of finished trainings under `results/runs`; `macs` has the runs' multiplications by key.

    The median over epochs is taken: a busy machine has slow ones.
    """
    for key, count in macs.items():
        folder = Path(results) / "runs" / key
        if not (folder / "model.json").is_file() or not (folder / "history.csv").is_file():
            continue
        description = load_json(folder / "model.json", device=str, net=str, model=str, threads=int)
        speed = statistics.median(row["images_per_second"] for row in load_history(folder / "history.csv"))
        device = "cpu" if description["device"] == "cpu" else "cuda"
        threads = description["threads"] if device == "cpu" else 1
        name = "" if device == "cpu" else description["device"]
        yield Throughput(device, description["net"], description["model"], count, speed / threads, name)


def preferred(own: Iterable[Throughput], table: Iterable[Throughput]) -> list[Throughput]:
    """The throughputs of this machine, and those of the table for the models that it has not trained."""
    own = list(own)
    trained = {(entry.device, entry.model) for entry in own}
    return own + [entry for entry in table if (entry.device, entry.model) not in trained]


def images_per_second(known: Iterable[Throughput], device: str, net: str, model: str, macs: float) -> float:
    """Images per second of a training, from the most similar one that was measured, in inverse proportion to `macs`.

    Most similar is the same model, then the same net, then the nearest number of multiplications.
    """
    own = [entry for entry in known if entry.device == device]
    same_model = [entry for entry in own if entry.model == model] or [entry for entry in own if entry.model == "vae"]
    same_net = [entry for entry in same_model if entry.net == net] or same_model
    nearest = min(same_net, key=lambda entry: max(entry.macs / macs, macs / entry.macs))
    return nearest.images_per_second * nearest.macs / macs
