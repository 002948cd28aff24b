"""What a config file is laid over: the shortened default, or the paper's protocol.

Sections merge and lists are replaced, so a file that meant the paper's protocol would inherit every list that the
embedded default shortens and that it does not name. Each file therefore says its base.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from geovae.core.errors import GeovaeError

Base = Literal["default", "paper"]


def lies_over_default(content: Mapping[str, Any], files: Sequence[object]) -> bool:
    """Whether `config.yaml` is read beneath what a build was given.

    Args:
        content: the merged content of `--configfile` and `--config`.
        files: the names of the config files; with none, the build is the default's, changed by `--config`.

    Raises:
        GeovaeError: the files do not say what they are laid over.
    """
    base = content.get("base")
    if base is None and not files:
        return True
    if base not in get_args(Base):
        found = "no such key" if base is None else repr(base)
        raise GeovaeError(
            f"base: {found} in {', '.join(map(str, files)) or '--config'}. Say what the file is laid over: "
            "`base: default` (config.yaml, shortened for two cores) or `base: paper` (the defaults of docs/config.md)."
        )
    return base == "default"


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """One content laid over another, as `--configfile` does it: sections merge, lists and values are replaced."""
    result = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
