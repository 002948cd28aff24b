"""What Snakemake asks again and again of paths, of which a job reads some ten, answered faster."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

from reproduction.runtime.planning.replace import replace

OF_PATTERNS = "apply_wildcards"
OF_FLAGS = "is_flagged"
OF_STORAGE = "is_storage"
OF_CHECKS = "check"
OF_PATHS = "modify"
OF_WRAPPING = "IOFile"
OF_FILES = "exists"


def remember_patterns(module: ModuleType) -> None:
    """Let Snakemake parse each pattern of paths once: the constraint of variants has some 4,000 characters.

    Args:
        module: `snakemake.io`, which fills patterns by `apply_wildcards`; it is changed once.
    """
    if (wildcard := getattr(module, "WILDCARD_REGEX", None)) is not None:
        replace(module, OF_PATTERNS, partial(_remembering_patterns, wildcard))


def _remembering_patterns(wildcard: re.Pattern, original: Callable) -> Callable:
    @lru_cache(maxsize=10_000)
    def parsed(pattern: str) -> tuple[tuple[str, str], ...]:
        """The text before each wildcard with its name; last, the text after them with an empty name."""
        found, start = [], 0
        for match in wildcard.finditer(pattern):
            found.append((pattern[start : match.start()], match["name"]))
            start = match.end()
        return (*found, (pattern[start:], ""))

    def filled(pattern: str, wildcards: Mapping[str, Any]) -> str:
        if "{" not in pattern:
            return original(pattern, wildcards)
        try:
            return "".join(text + (str(wildcards[name]) if name else "") for text, name in parsed(str(pattern)))
        except KeyError:
            return original(pattern, wildcards)  # which says what is missing

    return filled


def read_flags(io: ModuleType, *modules: ModuleType) -> None:
    """Let Snakemake look up a path's flags, of which it asks some 300 times a job, without asking what it is first.

    Args:
        io: `snakemake.io`, whose paths of jobs hold an annotated text.
        modules: those that call `is_flagged` by that name besides; each is changed once.
    """
    path, text, original = (getattr(io, name, None) for name in ("_IOFile", "AnnotatedString", OF_FLAGS))
    if None in (path, text, original):
        return
    replace(io, OF_FLAGS, partial(_reading_flags, path, text))
    for module in modules:
        if getattr(module, OF_FLAGS, None) is original:
            setattr(module, OF_FLAGS, getattr(io, OF_FLAGS))


def _reading_flags(path: type, text: type, original: Callable) -> Callable:
    def is_flagged(value: Any, flag: str) -> bool:
        if type(value) is path:
            value = value._file
        if type(value) is not text:
            return original(value, flag)
        flags = value._flags
        return flag in flags and bool(flags[flag])

    return is_flagged


def read_storage(path: type, text: type) -> None:
    """Let Snakemake see at once whether a path lies in storage, of which it asks some 120 times a job.

    Args:
        path: the class of its paths, `snakemake.io._IOFile`; it is changed once.
        text: the class of the texts that they hold, `snakemake.io.AnnotatedString`.
    """
    replace(path, OF_STORAGE, partial(_reading_storage, text))


def _reading_storage(text: type, original: Callable) -> Callable:
    def is_storage(self: Any) -> bool:
        held = self._file
        return bool(held._flags.get("storage_object")) if type(held) is text else original(self)

    return is_storage


def remember_checks(io: ModuleType) -> None:
    """Let Snakemake look once at how a path is written, which a thousand jobs may read; it warns of each path once.

    Args:
        io: `snakemake.io`; it is changed once.
    """
    replace(io, OF_CHECKS, _remembering_checks)


def _remembering_checks(original: Callable) -> Callable:
    known: set[tuple[str, bool]] = set()

    def check(iofile: str, rule: Any = None, is_storage: bool = False) -> None:
        if (key := (str(iofile), is_storage)) not in known:
            original(iofile, rule, is_storage)
            known.add(key)

    return check


def pass_paths(modifier: type) -> None:
    """Let Snakemake pass on each path as it is where a workflow has no prefix and no default storage.

    Args:
        modifier: `snakemake.path_modifier.PathModifier`; it is changed once.
    """
    replace(modifier, OF_PATHS, _passing_paths)


def _passing_paths(original: Callable) -> Callable:
    def modify(self: Any, path: Any, property: Any = None) -> Any:
        changes = (self.prefix, self._prefix_replacements, self.inner_modifier)
        if changes == (None, None, None) and self.workflow.storage_settings.default_storage_provider is None:
            return path
        return original(self, path, property)

    return modify


def wrap_once(rules: ModuleType, io: ModuleType) -> None:
    """Let Snakemake take a path of a rule's as it is where it would wrap it once more for the same rule.

    Args:
        rules: `snakemake.rules`, which makes paths by `IOFile`; it is changed once.
        io: `snakemake.io`, whose class these paths have.
    """
    if (path := getattr(io, "_IOFile", None)) is not None:
        replace(rules, OF_WRAPPING, partial(_wrapping_once, path))


def _wrapping_once(path: type, original: Callable) -> Callable:
    def wrapped(file: Any, rule: Any = None) -> Any:
        return file if type(file) is path and file.rule is rule else original(file, rule)

    return wrapped


def look_up_files(path: type) -> None:
    """Let Snakemake say first what it knows of a file that it saw, and only then in which folder the file lies.

    Args:
        path: the class of its paths, `snakemake.io._IOFile`; it is changed once.
    """
    replace(path, OF_FILES, _looking_up_files)


def _looking_up_files(original: Callable) -> Callable:
    async def exists(self: Any) -> bool:
        if not self.is_storage and (seen := self.rule.workflow.iocache).active:
            known = seen.exists_local.get(self)
            if known is not None:
                return known
        return await original(self)

    return exists
