"""How a command ends over what its user can mend: with the reason in one or two lines, and status 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from geovae.core.errors import GeovaeError


@contextmanager
def ending_in_words() -> Iterator[None]:
    """End the process with the reason over a `GeovaeError`, and over an error of the system that names a file."""
    try:
        yield
    except GeovaeError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.filename is None or error.strerror is None:
            raise
        sys.exit(f"error: {error.filename}: {error.strerror}. Check the folder, its permissions and the free space.")
