"""Config files as files: text in UTF-8, YAML, with keys at the top, and no key twice in a section."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from geovae.core.errors import GeovaeError


def check_files(paths: Iterable[str | Path]) -> None:
    """Refuse config files that cannot be read, or whose first of two values would be lost.

    Raises:
        GeovaeError: one line that names the file, and the line in it where there is one.
    """
    for path in paths:
        _check(Path(path))


def _check(path: Path) -> None:
    import yaml

    try:
        root = yaml.compose(path.read_bytes().decode("utf-8-sig"), Loader=yaml.SafeLoader)
        twice = next(_twice(root), None) if isinstance(root, yaml.MappingNode) else None
    except OSError as reason:
        raise GeovaeError(f"{path}: {reason.strerror or reason}. Correct the name of the config file.") from None
    except UnicodeDecodeError as reason:
        line = reason.object.count(b"\n", 0, reason.start) + 1
        raise GeovaeError(f"{path}, line {line}: this is no UTF-8 text. Save the file in UTF-8.") from None
    except yaml.MarkedYAMLError as reason:
        line = f", line {reason.problem_mark.line + 1}" if reason.problem_mark else ""
        raise GeovaeError(f"{path}{line}: this is no YAML ({reason.problem}). Mend the file.") from None
    except yaml.YAMLError as reason:  # of characters that YAML has not
        raise GeovaeError(f"{path}: this is no YAML ({str(reason).splitlines()[0]}). Mend the file.") from None
    except RecursionError:
        raise GeovaeError(f"{path}: its sections are nested too deeply. Mend the file.") from None
    if not isinstance(root, yaml.MappingNode):
        raise GeovaeError(f"{path}: a config file has keys at its top, as in `base: default`. Mend the file.")
    if twice is not None:
        raise GeovaeError(f"{path}, line {twice.start_mark.line + 1}: key {twice.value!r} is given twice. Keep one.")


def _twice(node: Any, above: tuple = ()) -> Iterator[Any]:
    """The keys that stand in their section before; what an anchor repeats inside itself is looked at once."""
    if any(node is other for other in above) or not isinstance(node.value, list):
        return
    seen = set()
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _twice(part, (*above, node))
        if isinstance(child, tuple) and isinstance(child[0].value, str):
            if child[0].value in seen:
                yield child[0]
            seen.add(child[0].value)
