"""Whether a disk has room."""

import os
import tempfile
from pathlib import Path


def shortage(folder: str | Path, mebibytes: int) -> str | None:
    """Why so many MiB more cannot be written into a folder, in a few words; None where they can.

    They are written, into a file without a name: the free space that a system tells of knows nothing of quotas.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(mebibytes):
                file.write(bytes(2**20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as reason:
        return reason.strerror or str(reason)
    return None
