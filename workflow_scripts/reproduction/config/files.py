"""Config files as files: text in UTF-8, YAML, with keys at the top, and no key twice in a section.

Snakemake reads them before the Snakefile. `profiles/default` therefore calls `check_command_line` from here, since
Snakemake would end in a traceback on many odd files, wait for ever on others, and run the code that a file of YTE
(`__use_yte__`) holds.
"""

import argparse
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geovae.core.errors import GeovaeError

if TYPE_CHECKING:
    from yaml import Node

# Ours have some thousand bytes, and a hundred values.
MOST_BYTES = 1 << 20
MOST_VALUES = 100_000
LONGEST = 5000  # characters of a value; paths may have 4,000
DEEPEST = 50  # sections in sections
# Of Snakemake's templates, which run code: they are the word of who starts a build, not of a config.
TEMPLATE = "__use_yte__"


def check_command_line(arguments: Sequence[str]) -> None:
    """End the process, with the reason, over a config file of Snakemake's arguments that `check_files` refuses."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", nargs="*", action="extend", default=[])
    try:
        check_files(parser.parse_known_args(arguments)[0].configfile)
    except GeovaeError as error:
        sys.exit(str(error))


def check_files(paths: Iterable[str | Path]) -> None:
    """Refuse config files that cannot be read, or whose first of two values would be lost.

    Raises:
        GeovaeError: one line that names the file, and the line in it where there is one.
    """
    for path in paths:
        _check(Path(path))


def _check(path: Path) -> None:
    import yaml

    text = _text(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            raise GeovaeError(f"{path}: a config file has keys at its top, as in `base: default`. Mend the file.")
        _Structure(path).measure(root)
        yaml.safe_load(text)
    except yaml.MarkedYAMLError as reason:
        line = f", line {reason.problem_mark.line + 1}" if reason.problem_mark else ""
        raise GeovaeError(f"{path}{line}: this is no YAML ({reason.problem}). Mend the file.") from None
    except yaml.YAMLError as reason:  # of characters that YAML has not
        raise GeovaeError(f"{path}: this is no YAML ({str(reason).splitlines()[0]}). Mend the file.") from None
    except RecursionError:
        raise GeovaeError(f"{path}: its sections are nested too deeply. Mend the file.") from None


def _text(path: Path) -> str:
    try:
        status = path.stat()
        # A pipe would be waited for, and is empty when it is read again.
        if not stat.S_ISREG(status.st_mode):
            raise GeovaeError(f"{path}: this is no regular file. Correct the name of the config file.")
        if status.st_size > MOST_BYTES:
            raise GeovaeError(
                f"{path}: {status.st_size:,} bytes; a config file has at most {MOST_BYTES:,}. Shorten it."
            )
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as reason:
        if isinstance(reason, UnicodeDecodeError):
            line = reason.object.count(b"\n", 0, reason.start) + 1
            raise GeovaeError(f"{path}, line {line}: this is no UTF-8 text. Save the file in UTF-8.") from None
        words = reason.strerror if isinstance(reason, OSError) else None
        raise GeovaeError(f"{path}: {words or reason}. Correct the name of the config file.") from None


class _Structure:
    """Refuses what a config file has not: keys twice, values of no type, and anchors that make much of little."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sizes: dict[int, int | None] = {}  # of nodes that were measured; None while one is

    def measure(self, node: "Node", depth: int = 0) -> int:
        """The number of values in a node, with what its aliases repeat; a node is looked at once.

        Raises:
            GeovaeError: see the class.
        """
        if id(node) in self._sizes:
            size = self._sizes[id(node)]
            if size is None:
                raise self._error(node, "an anchor is used inside of itself. Write out what it stands for.")
            return size
        if depth > DEEPEST:
            raise self._error(node, f"its sections are nested too deeply, more than {DEEPEST}. Mend the file.")
        self._sizes[id(node)] = None
        if isinstance(node.value, list):
            size = 1 + sum(self.measure(child, depth + 1) for child in self._children(node))
        else:
            size = 1
            self._require_value(node)
        if size > MOST_VALUES:
            raise self._error(node, f"more than {MOST_VALUES:,} values, with what aliases repeat. Shorten the file.")
        self._sizes[id(node)] = size
        return size

    def _children(self, node: "Node") -> list["Node"]:
        """The elements of a list, or the keys and values of a section."""
        children, seen = [], set()
        for child in node.value:
            children += child if isinstance(child, tuple) else (child,)
            key = child[0].value if isinstance(child, tuple) else None
            if key == TEMPLATE:
                raise self._error(child[0], f"{TEMPLATE} would run code, which a config file has none of. Remove it.")
            if isinstance(key, str):
                if key in seen:
                    raise self._error(child[0], f"key {key!r} is given twice. Keep one.")
                seen.add(key)
        return children

    def _require_value(self, node: "Node") -> None:
        import yaml

        if len(node.value) > LONGEST:
            raise self._error(node, f"a value of {len(node.value):,} characters, more than {LONGEST:,}. Mend it.")
        if node.tag == "tag:yaml.org,2002:merge":  # a key, "<<"
            return
        try:
            yaml.SafeLoader("").construct_object(node)
        except ValueError as reason:  # of dates that are none, and of whole numbers with too many digits
            words = str(reason).split(";")[0]
            raise self._error(node, f"{_shown(node.value)} is no value of YAML ({words}). Mend it.") from None

    def _error(self, node: "Node", words: str) -> GeovaeError:
        return GeovaeError(f"{self._path}, line {node.start_mark.line + 1}: {words}")


def _shown(text: Any) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}…")
