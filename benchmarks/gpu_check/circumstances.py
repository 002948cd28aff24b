"""What the numbers were taken on."""

import datetime
import importlib.metadata
import platform
import shutil
import subprocess

from measuring import processor
from reproduction.runtime.provenance import commit

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "kmedoids", "pytorch-fid", "triton")


def circumstances(device: str, threads: int, scale: str) -> dict[str, object]:
    """Date, commit, device with its driver, processor and versions; a package that is not there is `none`."""
    return {
        "date": str(datetime.date.today()),
        "commit": commit(),
        "device": _card() if device == "cuda" else "cpu",
        "scale": scale,
        "processor": processor(),
        "threads": threads,
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _card() -> str:
    """Name, driver and memory of the first GPU, as nvidia-smi says them."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "cuda (no nvidia-smi)"
    command = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return result.stdout.strip().partition("\n")[0] or "cuda (nvidia-smi names no GPU)"
