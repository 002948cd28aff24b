"""What makes Snakemake plan thousands of jobs faster, without another result; docs/performance.md says by how much.

Snakemake reads the signatures of the same few functions of the rules some 22 times a job, parses a pattern with its
constraints again for each path that it fills, looks for the rules of a file again for each job that reads it, computes
the parameters of each job for an environment that does not depend on them, takes all outputs apart with pathlib, and
formats each job of a dry run. What is replaced here is not public in Snakemake: a version that has it no more is left
as it is, and plans slower.
"""

import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

# Of more jobs than this a dry run shows the numbers alone. Builds for one machine have fewer.
MOST_PRINTED = 2_000
OF_FUNCTIONS = "get_function_params"
OF_PATTERNS = "apply_wildcards"
OF_PRODUCERS = "match_producers"
OF_FLAGS = "is_flagged"
OF_CHECKS = "check"
OF_PATHS = "modify"
OF_ENVIRONMENTS = "conda_env_spec"
OF_FOLDERS = "check_directory_outputs"


def _unchanged(holder: Any, name: str) -> Callable | None:
    """A function of a module or class of Snakemake's; None where it has none by that name, or one that was changed."""
    original = getattr(holder, name, None)
    return None if hasattr(original, "__wrapped__") else original


def remember_signatures(*modules: ModuleType) -> None:
    """Let modules of Snakemake read each function's signature once.

    Args:
        modules: those that call `get_function_params` by that name; each is changed once.
    """
    for module in modules:
        if (original := _unchanged(module, OF_FUNCTIONS)) is not None:
            setattr(module, OF_FUNCTIONS, _signatures(original))


def _signatures(original: Callable[[Callable], Mapping[str, Any]]) -> Callable[[Callable], Mapping[str, Any]]:
    known: WeakKeyDictionary[Callable, Mapping[str, Any]] = WeakKeyDictionary()

    @wraps(original)
    def parameters(function: Callable) -> Mapping[str, Any]:
        # By this attribute, which it may set at any time, Snakemake says what a function takes.
        if hasattr(function, "_overwrite_params"):
            return original(function)
        try:
            return known[function]
        except KeyError:
            return known.setdefault(function, original(function))
        except TypeError:  # it cannot be hashed, or referred to weakly
            return original(function)

    return parameters


def remember_patterns(module: ModuleType) -> None:
    """Let Snakemake parse each pattern of paths once: the constraint of variants has some 4,000 characters.

    Args:
        module: `snakemake.io`, which fills patterns by `apply_wildcards`; it is changed once.
    """
    original, wildcard = _unchanged(module, OF_PATTERNS), getattr(module, "WILDCARD_REGEX", None)
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


def remember_producers(index: type) -> None:
    """Let Snakemake look once for the rules that make a file, which may be read by a thousand jobs.

    Args:
        index: `snakemake.output_index.OutputIndex`, whose rules do not change; it is changed once.
    """
    original = _unchanged(index, OF_PRODUCERS)
    if original is None:
        return
    known: WeakKeyDictionary[Any, dict[str, frozenset]] = WeakKeyDictionary()

    @wraps(original)
    def producers(self: Any, targetfile: str) -> set:
        files, path = known.setdefault(self, {}), str(targetfile)
        if path not in files:
            files[path] = frozenset(original(self, targetfile))
        return set(files[path])

    setattr(index, OF_PRODUCERS, producers)


def read_flags(io: ModuleType, *modules: ModuleType) -> None:
    """Let Snakemake look up a path's flags, of which it asks some 300 times a job, without asking what it is first.

    Args:
        io: `snakemake.io`, whose paths of jobs hold an annotated text.
        modules: those that call `is_flagged` by that name besides; each is changed once.
    """
    path, text = getattr(io, "_IOFile", None), getattr(io, "AnnotatedString", None)
    original = _unchanged(io, OF_FLAGS)
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


def remember_checks(io: ModuleType) -> None:
    """Let Snakemake look once at how a path is written, which a thousand jobs may read; it warns of each path once.

    Args:
        io: `snakemake.io`; it is changed once.
    """
    original = _unchanged(io, OF_CHECKS)
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
    original = _unchanged(modifier, OF_PATHS)
    if original is None:
        return

    @wraps(original)
    def modify(self: Any, path: Any, property: Any = None) -> Any:
        changes = (self.prefix, self._prefix_replacements, self.inner_modifier)
        if changes == (None, None, None) and self.workflow.storage_settings.default_storage_provider is None:
            return path
        return original(self, path, property)

    setattr(modifier, OF_PATHS, modify)


def settle_environments(job: type) -> None:
    """Let Snakemake know the environment of a rule that names one without asking for the parameters of its jobs.

    Args:
        job: `snakemake.jobs.Job`; it is changed once.
    """
    original = getattr(job, OF_ENVIRONMENTS, None)
    if not isinstance(original, property) or hasattr(original.fget, "__wrapped__"):
        return

    @wraps(original.fget)
    def spec(self: Any) -> Any:
        if self._conda_env_spec is None and not callable(self.rule.conda_env):
            self._conda_env_spec = self.rule.expand_conda_env(self.wildcards_dict)
        return original.fget(self)

    setattr(job, OF_ENVIRONMENTS, property(spec))


def compare_outputs(dag: type) -> None:
    """Let Snakemake compare the paths of all outputs, of which none may lie in another, without making objects of them.

    Args:
        dag: `snakemake.dag.DAG`; it is changed once.
    """
    original = _unchanged(dag, OF_FOLDERS)
    if original is None:
        return

    @wraps(original)
    def check(self: Any) -> None:
        outputs = {os.path.abspath(file) for job in self.jobs for file in job.output}
        above = {file.rpartition("/")[0] for file in outputs}
        while above:
            if above & outputs:
                return original(self)  # which says which, if they are of two jobs
            above = {folder.rpartition("/")[0] for folder in above} - {""}
        return None

    setattr(dag, OF_FOLDERS, check)


def show_numbers_of_many(workflow: Any, numbers_alone: set) -> None:
    """Let a dry run of many jobs end with the table of their numbers, where it would print each job before it.

    Snakemake ends so where it is told to be quiet about `numbers_alone`; told on the command line it keeps the table to
    itself as well, and told by a profile, it would hide the failed jobs of real runs.

    Args:
        workflow: Snakemake's; the setting of its output is changed once its jobs are known.
        numbers_alone: what a dry run is quiet about that shows no jobs.
    """
    build, settings = getattr(workflow, "_build_dag", None), workflow.output_settings
    if build is None or not settings.dryrun or settings.quiet:
        return

    def build_and_count() -> None:
        build()
        if len(workflow.dag) > MOST_PRINTED:
            print(
                f"{len(workflow.dag):,} jobs, of which these are the numbers; `--quiet host` prints each.",
                file=sys.stderr,
            )
            settings.quiet = numbers_alone

    workflow._build_dag = build_and_count
