"""Which GPUs there are, and which one a job computes on.

Snakemake counts GPUs but picks none, so a job takes one for itself when it starts: it holds a lock (flock) on a file of
the device for as long as it lives. The system drops the lock when the process ends, however it ends. All jobs of one
user on one machine see the same locks, whatever build they belong to. Nothing here imports torch.
"""

import fcntl
import os
import platform
import re
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from geovae.core.errors import GeovaeError

# How many jobs may compute on one GPU at a time; the workflow sets it from `gpu_share`.
SHARE_VARIABLE = "GEOVAE_GPU_SHARE"
# A folder for the locks in the place of the one in /tmp.
FOLDER_VARIABLE = "GEOVAE_GPU_LOCKS"
NONE_FOUND = (
    "config: device = 'cuda', but there is no GPU here: CUDA_VISIBLE_DEVICES and nvidia-smi name none.\n"
    "Go on with the CPU by --config device=cpu, or see docs/gpu.md if there is one."
)
_PROC = Path("/proc/driver/nvidia/gpus")
_TEMPORARY = Path("/tmp")  # not $TMPDIR, which differs between sessions and cluster jobs
_POLL_SECONDS = 1.0
_LISTED_GPU = re.compile(r"GPU \d+: .*\(UUID: (GPU-[^)]+)\)")
_LISTED_MIG = re.compile(r"\s+MIG .*\(UUID: (MIG-[^)]+)\)")
_SELECTOR = re.compile(r"\d+|(?:GPU|MIG)-\S+")


class Device(NamedTuple):
    """A GPU, or a MIG part of one: what CUDA_VISIBLE_DEVICES calls it, and the name of its locks."""

    selector: str
    identity: str


class _Card(NamedTuple):
    """A GPU as the driver lists it: what selects it, its UUID, and the UUIDs of its MIG parts."""

    selector: str
    uuid: str
    parts: tuple[str, ...] = ()


def visible_devices() -> list[Device]:
    """The devices that CUDA would see: those of CUDA_VISIBLE_DEVICES if it is set, else all.

    The variable is believed where nothing can be asked which devices there are.
    """
    selection = os.environ.get("CUDA_VISIBLE_DEVICES")
    if selection is None:
        found = [[Device(part, part) for part in card.parts] or [Device(card.selector, card.uuid)] for card in _cards()]
        return [device for devices in found for device in devices]
    # CUDA reads up to the first entry that selects no device, and sees none at all if one is repeated.
    selectors = list(takewhile(_SELECTOR.fullmatch, (entry.strip() for entry in selection.split(","))))
    if not selectors or len(set(selectors)) < len(selectors):
        return []
    cards = _cards()
    named = ((selector, _identity(selector, cards)) for selector in selectors)
    return [Device(*pair) for pair in takewhile(lambda pair: pair[1] is not None, named)]


def _identity(selector: str, cards: list[_Card]) -> str | None:
    """The UUID behind an index or the beginning of a UUID; None where it names no device or several.

    In a job of a cluster, index 0 is another GPU than in the job beside it, hence not the index itself.
    """
    if not cards:
        return selector
    if selector.isdigit():
        return cards[int(selector)].uuid if int(selector) < len(cards) else None
    known = [uuid for card in cards for uuid in (card.uuid, *card.parts) if uuid.startswith(selector)]
    if len(known) == 1:
        return known[0]
    return selector if selector.startswith("MIG-") else None  # parts have older names that are not listed


def _cards() -> list[_Card]:
    """What nvidia-smi lists, in its order; where it is missing or fails, what the driver shows in /proc."""
    cards: list[_Card] = []
    for line in _listing().splitlines():
        if match := _LISTED_GPU.match(line):
            cards.append(_Card(match[1], match[1]))
        elif cards and (match := _LISTED_MIG.match(line)):
            cards[-1] = cards[-1]._replace(parts=(*cards[-1].parts, match[1]))
    return cards or _cards_in_proc()


def _listing() -> str:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        result = subprocess.run([program, "-L"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):  # a driver that does not answer has no device to offer
        return ""
    return result.stdout if result.returncode == 0 else ""


def _cards_in_proc() -> list[_Card]:
    cards = []
    for index, path in enumerate(sorted(_PROC.glob("*/information"))):
        match = re.search(r"GPU UUID:\s*(GPU-[0-9a-f-]+)\s", path.read_text(encoding="utf-8", errors="replace"))
        cards.append(_Card(str(index), match[1] if match else f"GPU-{path.parent.name}"))
    return cards


class Claim:
    """A place on a device, held until `release` or the end of the process."""

    def __init__(self, device: Device, descriptor: int) -> None:
        self.device = device
        self._descriptor = descriptor
        _held.add(self)

    def release(self) -> None:
        """Give the place back; a second time does nothing."""
        if self in _held:
            _held.remove(self)
            os.close(self._descriptor)


_held: set[Claim] = set()


def _close_in_child() -> None:
    """A lock lasts as long as any process has its file open, and a forked child would keep it open."""
    for claimed in list(_held):
        claimed.release()


os.register_at_fork(after_in_child=_close_in_child)


def claim(devices: Sequence[Device], share: int = 1, folder: Path | None = None) -> Claim:
    """A place on the device with the fewest jobs; waits, with a line in the log, until there is one.

    Args:
        devices: those to choose from, at least one.
        share: jobs that may compute on the device at a time, this one among them.
        folder: of the locks; None is the one that all builds of this user on this machine share.

    Raises:
        GeovaeError: the folder belongs to somebody else.
    """
    start = time.monotonic()
    waiting = False
    while (found := try_claim(devices, share, folder)) is None:
        if not waiting:
            names = ", ".join(device.identity for device in devices)
            print(f"waiting for a GPU: other jobs compute on {names}", flush=True)
            waiting = True
        time.sleep(_POLL_SECONDS)
    if waiting:
        print(f"waited {time.monotonic() - start:.0f} s for a GPU", flush=True)
    return found


def try_claim(devices: Sequence[Device], share: int = 1, folder: Path | None = None) -> Claim | None:
    """As `claim`, but None where it would wait. A job that asked for a smaller share is not joined by more."""
    folder = folder or lock_folder()
    with _gate(folder):
        shares = {device: _shares_held(folder, device) for device in devices}
        free = [device for device, held in shares.items() if len(held) < min([share, *held])]
        if not free:
            return None
        chosen = min(free, key=lambda device: len(shares[device]))
        # Neither this descriptor nor the gate's is inherited by programs that the job starts.
        descriptor, _ = tempfile.mkstemp(prefix=f"{_file_name(chosen)}.{share}.", dir=folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Claim(chosen, descriptor)


def _shares_held(folder: Path, device: Device) -> list[int]:
    """The shares that the jobs on a device asked for; deletes the files of those that ended. Call it in the gate."""
    shares = []
    for path in folder.glob(f"{_file_name(device)}.*"):
        descriptor = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            shares.append(int(path.name.split(".")[1]))
        else:
            path.unlink()
        finally:
            os.close(descriptor)
    return shares


@contextmanager
def _gate(folder: Path) -> Iterator[None]:
    """One process at a time looks and takes."""
    descriptor = os.open(folder / "gate", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _file_name(device: Device) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "_", device.identity)


def lock_folder() -> Path:
    """The folder of the locks, made if it is missing: this user's on this machine, or $GEOVAE_GPU_LOCKS.

    Raises:
        GeovaeError: it is not a folder of this user.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    root = _TEMPORARY if os.access(_TEMPORARY, os.W_OK) else Path(tempfile.gettempdir())
    folder = Path(named) if named else root / f"geovae-gpus-{os.getuid()}-{platform.node()}"
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat() if not named else folder.stat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise GeovaeError(
            f"{folder}: not a folder of yours, so no GPU can be locked there.\n"
            f"Set the environment variable {FOLDER_VARIABLE} to a folder that is."
        )
    return folder


def share() -> int:
    """Jobs that may compute on one GPU at a time: $GEOVAE_GPU_SHARE, 1 if it is not set.

    Raises:
        GeovaeError: it is not a whole number of at least 1.
    """
    text = os.environ.get(SHARE_VARIABLE, "1")
    if not re.fullmatch(r"[1-9]\d*", text):
        raise GeovaeError(f"{SHARE_VARIABLE} = {text!r}: a whole number of at least 1 is expected.")
    return int(text)


_bound: Claim | None = None


def bind() -> Device | None:
    """Take a device for this process and make it the only one that CUDA sees; None where there is none.

    To be called before CUDA is asked for its devices, as it reads the environment once. A second call changes nothing.

    Raises:
        GeovaeError: see `share` and `lock_folder`.
    """
    global _bound
    if _bound is not None:
        return _bound.device
    devices = visible_devices()
    if not devices:
        return None
    _bound = claim(devices, share())
    os.environ["CUDA_VISIBLE_DEVICES"] = _bound.device.selector
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # an index means what it means to nvidia-smi
    return _bound.device


def unbind() -> None:
    """Give the device back, where the job turns out not to compute on it."""
    global _bound
    if _bound is not None:
        _bound.release()
        _bound = None
