"""What every script of the workflow does first and last: threads, device, errors.

Import it before NumPy or torch: the thread pools read their sizes when they are loaded.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.seals import places_below
from reproduction.runtime import collector, devices, interruption
from reproduction.runtime.ending import ending_in_words

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
)
# The folder whose files say by their paths what they are.
RESULTS = "results"
# What the workflow's files in folders end in; a folder of its own does not.
FILES_IN_FOLDERS = (".json", ".npy", ".npz", ".safetensors", ".html")
MOST_THREADS = 1024
# The largest number of anything else on a command line.
MOST = 1_000_000_000
# What libraries under torch say of a full device, in errors that have no class of their own.
_DEVICE_IS_FULL = ("CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED")
_HOST_IS_FULL = "DefaultCPUAllocator: "
# Where torch says how much was needed, is free, is there, and belongs to this process.
_AMOUNTS = (
    "Tried to allocate AMOUNT",
    "of which AMOUNT is free",
    "total capacity of AMOUNT",
    "this process has AMOUNT memory in use",
)


def parser(description: str) -> argparse.ArgumentParser:
    """An argument parser with the options that all scripts share."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--threads", type=int, default=1, help="threads of this job (default: 1)")
    return result


def settings(text: str) -> dict:
    """The type of an argument that carries a slice of the config as JSON."""
    value = json.loads(text, parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def folder(text: str) -> Path:
    """The type of an argument that names a folder, by itself or by a file in it."""
    path = Path(text)
    return path.parent if path.suffix in FILES_IN_FOLDERS else path


def data_folder(text: str) -> Path:
    """The type of an argument that names a prepared data set, by its folder or by the card of one of its splits."""
    path = Path(text)
    return path.parent.parent if path.name == "card.json" else path


def named_path(text: str, form: str = "NAME=PATH") -> tuple[str, str]:
    """The type of an argument NAME=PATH; `form` is what the error asks for."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"{form} is expected, not {text!r}")
    return name, path


def each_once(option: str, given: Sequence[tuple[str, str]], names: Collection[str]) -> dict[str, str]:
    """The paths of an argument NAME=PATH that is given once for each of `names`, in the order of these.

    Raises:
        GeovaeError: another name, one that is missing, or one given twice.
    """
    if sorted(name for name, _ in given) != sorted(names):
        raise GeovaeError(f"{option}: give it once for each of {', '.join(names)}.")
    paths = dict(given)
    return {name: paths[name] for name in names}


def run(
    main: Callable[[argparse.Namespace], None],
    arguments: argparse.ArgumentParser,
    argv: Sequence[str] | None = None,
    *,
    gpu_keys: str = "",
    memory_keys: str = "",
):
    """Parse the command line, bind the job to its threads, call `main`, and end with a clear message on failure.

    `gpu_keys` names the keys of the config that this job's memory on a device grows with, `memory_keys` those that its
    main memory grows with besides: what the message says to lower when it is out.
    """
    options = arguments.parse_args(argv)
    _check_numbers(options)
    interruption.follow_workflow()
    collector.spare_loading()
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(options.threads)
    try:
        with ending_in_words(), places_below(RESULTS):
            main(options)
    except (MemoryError, RuntimeError) as error:
        message = _out_of_memory(error, gpu_keys, memory_keys or gpu_keys)
        if message is None:
            raise
        sys.exit(f"error: {message}")


def _check_numbers(options: argparse.Namespace) -> None:
    """End unless each number on the command line is one that a job can be of; scripts have narrower ranges."""
    for name, value in vars(options).items():
        least, most = (1, MOST_THREADS) if name in ("threads", "cores") else (0, MOST)
        if type(value) is int and not least <= value <= most:
            word = f"--{name.replace('_', '-')}"
            sys.exit(f"error: {word} {str(value)[:30]}: it must be a whole number from {least} to {most}.")


def _out_of_memory(error: MemoryError | RuntimeError, gpu_keys: str, memory_keys: str) -> str | None:
    """What was needed and what to lower, if the error is one of memory."""
    text = str(error)
    if isinstance(error, getattr(sys.modules.get("torch"), "OutOfMemoryError", ())) or any(
        words in text for words in _DEVICE_IS_FULL
    ):
        lower = f"Lower {gpu_keys}" if gpu_keys else "End what else runs on it"
        alone = f", set gpu_share: 1 (now {devices.share()})" if devices.share() > 1 else ""
        return f"out of memory on the GPU: {_device_need(text)}.\n{lower}{alone}, or set device: cpu."
    if isinstance(error, MemoryError) or _HOST_IS_FULL in text:
        needed = text.partition(_HOST_IS_FULL)[2] or text or "the system gives no more"
        lower = f"Lower {memory_keys}, or run" if memory_keys else "Run"
        return f"out of memory: {needed.splitlines()[0].rstrip('.')}.\n{lower} fewer jobs at a time (--cores)."
    return None


def _device_need(text: str) -> str:
    """The amounts in torch's message, which is a paragraph; where it has none, its first line."""
    amounts = [re.search(pattern.replace("AMOUNT", r"(\d[\d.]* (?:bytes|[KMGT]iB))"), text) for pattern in _AMOUNTS]
    needed, free, total, held = (match[1] if match else None for match in amounts)
    if not (needed and free and total):
        return text.splitlines()[0].rstrip(".") if text else "the device gives no more"
    own = f"; this job holds {held}" if held else ""
    return f"{needed} more were needed, {free} of {total} were free{own}"


def torch_device(name: str, threads: int, deterministic: bool = True):
    """Set torch to `threads` threads and to full float32 precision; return the device that `name` asks for.

    `name` is `auto` (CUDA if there is a device, else the CPU), `cpu` or `cuda`. Of several GPUs the job takes one for
    itself, and waits where all are taken (`devices`): nothing may ask torch for its devices before. On a GPU,
    `deterministic` makes the same job give the same bytes, at some cost in speed; on a CPU it does in any case.
    """
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts
    bound = None if name == "cpu" else devices.bind()
    import torch

    collector.resume()
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = deterministic
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if name == "cpu":
        return torch.device(name)
    if not torch.cuda.is_available():
        devices.unbind()
        if name == "cuda":
            raise GeovaeError(
                "device: cuda was asked for, but torch finds no CUDA device. Set `device: cpu` or `auto`."
            )
        return torch.device("cpu")
    print(f"computing on {bound.identity if bound else 'the first CUDA device'}", flush=True)
    if deterministic:
        # An operation that has no deterministic form warns in the log. It loads torch's compiler, seconds per job.
        torch.use_deterministic_algorithms(True, warn_only=True)
    return torch.device("cuda")
