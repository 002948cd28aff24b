"""What produced a result: versions, commit, device, threads; and what its last digits depend on."""

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import geovae
from geovae.core.errors import GeovaeError
from geovae.core.processor import cpu_facts

# Jobs that run where the sources came without their repository are told the commit by the environment.
COMMIT_VARIABLE = "GEOVAE_COMMIT"


def _git(*arguments: str) -> str | None:
    """The output of a git command in the folder of this package; None where it fails or there is no git."""
    try:
        # The names of changed files may be no UTF-8.
        result = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), *arguments], capture_output=True, errors="replace", check=False
        )
    except FileNotFoundError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def commit() -> str:
    """The commit of this source tree, with `-dirty` if tracked files differ from it.

    Outside a repository it is what started the build that says it (`COMMIT_VARIABLE`), else `unknown`. A package
    installed inside somebody else's repository is not part of it, hence the look at whether it is tracked.

    Raises:
        GeovaeError: what the environment says is no commit.
    """
    head = _git("rev-parse", "HEAD")
    if head is None or _git("ls-files", "--error-unmatch", Path(__file__).name) is None:
        return _told_commit()
    return f"{head}-dirty" if _git("status", "--porcelain", "--untracked-files=no") else head


def _told_commit() -> str:
    """What the environment says, held to a commit's form: it comes to stand in tables, pages and records."""
    told = os.environ.get(COMMIT_VARIABLE) or "unknown"
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", told):
        raise GeovaeError(f"{COMMIT_VARIABLE} = {told!r:.60}: a commit is expected. Set it to one, or not at all.")
    return told


def provenance(device=None) -> dict[str, str | int]:
    """Versions of what computes, the commit, the hardware and the threads.

    `device` is a `torch.device`; None is the CPU. The keys are `PROVENANCE_COLUMNS` of `geovae.evaluation.record`.
    """
    import torch

    on_cuda = device is not None and device.type == "cuda"
    return {
        "geovae_version": geovae.__version__,
        "python_version": platform.python_version(),
        "torch_version": str(torch.__version__),
        "numpy_version": version("numpy"),
        "scipy_version": version("scipy"),
        "scikit_learn_version": version("scikit-learn"),
        "commit": commit(),
        "device": torch.cuda.get_device_name(device) if on_cuda else _cpu_name(),
        "threads": torch.get_num_threads(),
    }


def machine_class() -> str:
    """What the bytes of a build and its speed depend on beside this repository, as a name: processor, torch, Python."""
    import torch

    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = (*_cpu_model(), torch.backends.cpu.get_cpu_capability(), f"torch{torch.__version__}", python)
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(names).lower())


def _cpu_name() -> str:
    return cpu_facts().get("model name") or platform.machine() or "cpu"


def _cpu_model() -> tuple[str, ...]:
    facts = cpu_facts()
    if "cpu family" not in facts:
        return (platform.machine(), platform.processor())
    return facts["vendor_id"], f"family{facts['cpu family']}", f"model{facts['model']}"
