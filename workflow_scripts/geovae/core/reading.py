"""The one door through which the decoders of other projects read files that came from elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geovae.core.errors import GeovaeError

SOUND_COPY = "Replace the file by a sound copy."
_LONGEST = 160  # characters of a decoder's own words


@contextmanager
def reading(name: str | Path, kind: str, advice: str = SOUND_COPY) -> Iterator[None]:
    """Turn whatever a decoder raises into a `GeovaeError` that names the file.

    Args:
        name: of the file, for the message.
        kind: what it should be: "image", "volume", ".npy file" …
        advice: what to do, a sentence.

    Raises:
        GeovaeError: what is in the block raised something, or ran out of memory.
    """
    try:
        yield
    except GeovaeError:
        raise
    except MemoryError as reason:
        # Of a damaged header as much as of a machine that is too small: the file is named in either case.
        raise GeovaeError(
            f"{printable(name)}: out of memory while this {kind} was read ({_words(reason)}).\n"
            f"Run fewer jobs at a time (--cores). If that does not help, it is damaged. {advice}"
        ) from reason
    # Decoders raise what their code happens to meet in bytes that nobody expected: IndexError, KeyError, struct.error,
    # AssertionError, zlib.error, tokenize.TokenError … No list of classes would hold for their next release.
    except Exception as reason:
        raise GeovaeError(f"{printable(name)}: not a readable {kind} ({_words(reason)}).\n{advice}") from reason


def printable(name: str | Path) -> str:
    r"""A file's name on one line: bytes that are no UTF-8, and characters that are not to be seen, as escapes.

    Examples:
        >>> from geovae.core.reading import printable
        >>> printable("caf\udce9\n.png")
        'caf\\udce9\\n.png'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(name)
    )


def _words(reason: BaseException) -> str:
    """The first line of what an exception says, or its class."""
    lines = str(reason).strip().splitlines()
    return printable(lines[0] if lines else type(reason).__name__)[:_LONGEST]
