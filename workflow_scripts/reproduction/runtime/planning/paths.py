"""What Snakemake asks again and again of paths, of which a job reads some ten, answered faster."""

from collections.abc import Mapping
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any

from reproduction.runtime.planning.unchanged import unchanged

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
    original, wildcard = unchanged(module, OF_PATTERNS), getattr(module, "WILDCARD_REGEX", None)
    if original is None or wildcard is None:
        return

    @lru_cache(maxsize=10_000)
    def parsed(pattern: str) -> tuple[tuple[str, str], ...]:
        """The text before each wildcard with its name; last, the text after them with an empty name."""
        found, start = [], 0
        for match in wildcard.finditer(pattern):
            found.append((pattern[start : match.start()], match["name"]))
            start = match.end()
        return (*found, (pattern[start:], ""))

    @wraps(original)
    def filled(pattern: str, wildcards: Mapping[str, Any]) -> str:
        if "{" not in pattern:
            return original(pattern, wildcards)
        try:
            return "".join(text + (str(wildcards[name]) if name else "") for text, name in parsed(str(pattern)))
        except KeyError:
            return original(pattern, wildcards)  # which says what is missing

    setattr(module, OF_PATTERNS, filled)


def read_flags(io: ModuleType, *modules: ModuleType) -> None:
    """Let Snakemake look up a path's flags, of which it asks some 300 times a job, without asking what it is first.

    Args:
        io: `snakemake.io`, whose paths of jobs hold an annotated text.
        modules: those that call `is_flagged` by that name besides; each is changed once.
    """
    path, text = getattr(io, "_IOFile", None), getattr(io, "AnnotatedString", None)
    original = unchanged(io, OF_FLAGS)
    if None in (path, text, original):
        return

    @wraps(original)
    def is_flagged(value: Any, flag: str) -> bool:
        if type(value) is path:
            value = value._file
        if type(value) is not text:
            return original(value, flag)
        flags = value._flags
        return flag in flags and bool(flags[flag])

    for module in (io, *modules):
        if getattr(module, OF_FLAGS, None) is original:
            setattr(module, OF_FLAGS, is_flagged)


def read_storage(path: type, text: type) -> None:
    """Let Snakemake see at once whether a path lies in storage, of which it asks some 120 times a job.

    Args:
        path: the class of its paths, `snakemake.io._IOFile`; it is changed once.
        text: the class of the texts that they hold, `snakemake.io.AnnotatedString`.
    """
    original = getattr(path, OF_STORAGE, None)
    if not isinstance(original, property) or hasattr(original.fget, "__wrapped__"):
        return

    @wraps(original.fget)
    def is_storage(self: Any) -> bool:
        held = self._file
        return bool(held._flags.get("storage_object")) if type(held) is text else original.fget(self)

    setattr(path, OF_STORAGE, property(is_storage))


def remember_checks(io: ModuleType) -> None:
    """Let Snakemake look once at how a path is written, which a thousand jobs may read; it warns of each path once.

    Args:
        io: `snakemake.io`; it is changed once.
    """
    original = unchanged(io, OF_CHECKS)
    if original is None:
        return
    known: set[tuple[str, bool]] = set()

    @wraps(original)
    def check(iofile: str, rule: Any = None, is_storage: bool = False) -> None:
        if (key := (str(iofile), is_storage)) not in known:
            original(iofile, rule, is_storage)
            known.add(key)

    setattr(io, OF_CHECKS, check)


def pass_paths(modifier: type) -> None:
    """Let Snakemake pass on each path as it is where a workflow has no prefix and no default storage.

    Args:
        modifier: `snakemake.path_modifier.PathModifier`; it is changed once.
    """
    original = unchanged(modifier, OF_PATHS)
    if original is None:
        return

    @wraps(original)
    def modify(self: Any, path: Any, property: Any = None) -> Any:
        changes = (self.prefix, self._prefix_replacements, self.inner_modifier)
        if changes == (None, None, None) and self.workflow.storage_settings.default_storage_provider is None:
            return path
        return original(self, path, property)

    setattr(modifier, OF_PATHS, modify)


def wrap_once(rules: ModuleType, io: ModuleType) -> None:
    """Let Snakemake take a path of a rule's as it is where it would wrap it once more for the same rule.

    Args:
        rules: `snakemake.rules`, which makes paths by `IOFile`; it is changed once.
        io: `snakemake.io`, whose class these paths have.
    """
    original, path = unchanged(rules, OF_WRAPPING), getattr(io, "_IOFile", None)
    if None in (original, path):
        return

    @wraps(original)
    def wrapped(file: Any, rule: Any = None) -> Any:
        return file if type(file) is path and file.rule is rule else original(file, rule)

    setattr(rules, OF_WRAPPING, wrapped)


def look_up_files(path: type) -> None:
    """Let Snakemake say first what it knows of a file that it saw, and only then in which folder the file lies.

    Args:
        path: the class of its paths, `snakemake.io._IOFile`; it is changed once.
    """
    original = unchanged(path, OF_FILES)
    if original is None:
        return

    @wraps(original)
    async def exists(self: Any) -> bool:
        if not self.is_storage and (seen := self.rule.workflow.iocache).active:
            known = seen.exists_local.get(self)
            if known is not None:
                return known
        return await original(self)

    setattr(path, OF_FILES, exists)
