"""Python's garbage collector, kept from what the libraries of a job load.

Torch makes half a million objects while it is imported, all of them to stay. The collector would go through them again
and again, and once more at the end of the process: together a third of what starting a job and ending it costs.
"""

import atexit
import gc
import sys

# New objects between collections while libraries load; Python's own is some hundred.
LOADING = 50_000
COMPILER = "triton"
_USUAL = gc.get_threshold()


def spare_loading() -> None:
    """Collect rarely from here on, and at the end of the process nothing: its memory is given back as a whole."""
    gc.set_threshold(LOADING)
    atexit.register(_end)


def _end() -> None:
    # Where the compiler is loaded, its bindings name on the terminal each object of theirs that is not freed.
    if COMPILER in sys.modules:
        gc.unfreeze()
    else:
        gc.freeze()


def resume() -> None:
    """What is loaded stays for good; from here on collect as usual, as what a computation leaves may be large."""
    gc.freeze()
    gc.set_threshold(*_USUAL)
