"""What a computation took: wall-clock time and peak memory."""

import sys
import time
from pathlib import Path

_STATUS = Path("/proc/self/status")


class Stopwatch:
    """Wall-clock seconds since it was made, and the peak memory of the process."""

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def seconds(self) -> float:
        """Seconds since the stopwatch was made."""
        return time.perf_counter() - self.start

    @staticmethod
    def peak_memory_mb(device=None) -> float:
        """Largest memory so far in MB (10⁶ bytes): of tensors on a CUDA `device`, else of this process."""
        if device is not None and device.type == "cuda":
            import torch

            return torch.cuda.max_memory_allocated(device) / 1e6
        return _peak_resident_bytes() / 1e6


def _peak_resident_bytes() -> int:
    """Largest memory of this process, 0 where the system does not say.

    Not `ru_maxrss` where there is `/proc`: it starts at what the parent had when it forked.
    """
    for line in _STATUS.read_bytes().splitlines() if _STATUS.is_file() else ():  # a name in it may be no text
        if line.startswith(b"VmHWM:"):
            return int(line.split()[1]) * 1024
    try:
        import resource  # there is none on Windows
    except ModuleNotFoundError:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
