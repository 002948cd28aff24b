"""Put on PYTHONPATH, this makes every script write down what it was called with and which of our modules it loaded."""

import atexit
import json
import os
import sys
from pathlib import Path


def _write() -> None:
    files = [getattr(module, "__file__", None) or "" for module in tuple(sys.modules.values())]
    found = sorted({file.partition("workflow_scripts/")[2] for file in files if "/workflow_scripts/" in file})
    record = {"arguments": sys.argv, "files": found}
    Path(os.environ["LOADED_MODULES"], f"{os.getpid()}-{os.urandom(4).hex()}.json").write_text(json.dumps(record))


if "LOADED_MODULES" in os.environ:
    atexit.register(_write)
