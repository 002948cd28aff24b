"""What Snakemake asks again and again of functions, jobs and their graph, asked once; and what a dry run prints."""

import os
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from reproduction.runtime.planning.replace import replace

# Of more jobs than this a dry run shows the numbers alone. Builds for one machine have fewer.
MOST_PRINTED = 2_000
OF_FUNCTIONS = "get_function_params"
OF_PRODUCERS = "update"
OF_ENVIRONMENTS = "conda_env_spec"
OF_FOLDERS = "check_directory_outputs"


def remember_signatures(*modules: ModuleType) -> None:
    """Let modules of Snakemake read each function's signature once.

    Args:
        modules: those that call `get_function_params` by that name; each is changed once.
    """
    for module in modules:
        replace(module, OF_FUNCTIONS, _remembering_signatures)


def _remembering_signatures(
    original: Callable[[Callable], Mapping[str, Any]],
) -> Callable[[Callable], Mapping[str, Any]]:
    known: WeakKeyDictionary[Callable, Mapping[str, Any]] = WeakKeyDictionary()

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


def remember_producers(dag: type) -> None:
    """Let Snakemake look once for the job that makes a file, which may be read by a thousand jobs.

    It keeps what it knows of a file while it builds its graph, but notes there only files that no rule makes. Where a
    rule names by itself which rule its input is of, nothing is noted: another rule may make that file for others.

    Args:
        dag: `snakemake.dag.DAG`; it is changed once.
    """
    replace(dag, OF_PRODUCERS, _noting_producers)


def _noting_producers(original: Callable) -> Callable:
    async def update(self: Any, jobs: Any, file: Any = None, **others: Any) -> Any:
        job, known = await original(self, jobs, file=file, **others), others.get("known_producers")
        if file is not None and known is not None and len(jobs) == 1 and not any(r.dependencies for r in self.rules):
            known[file] = [job]
        return job

    return update


def settle_environments(job: type) -> None:
    """Let Snakemake know the environment of a rule that names one without asking for the parameters of its jobs.

    Args:
        job: `snakemake.jobs.Job`; it is changed once.
    """
    replace(job, OF_ENVIRONMENTS, _settling_environments)


def _settling_environments(original: Callable) -> Callable:
    def spec(self: Any) -> Any:
        if self._conda_env_spec is None and not callable(self.rule.conda_env):
            self._conda_env_spec = self.rule.expand_conda_env(self.wildcards_dict)
        return original(self)

    return spec


def compare_outputs(dag: type) -> None:
    """Let Snakemake compare the paths of all outputs, of which none may lie in another, without making objects of them.

    Args:
        dag: `snakemake.dag.DAG`; it is changed once.
    """
    replace(dag, OF_FOLDERS, _comparing_paths)


def _comparing_paths(original: Callable) -> Callable:
    def check(self: Any) -> None:
        outputs = {os.path.abspath(file) for job in self.jobs for file in job.output}
        above = {file.rpartition("/")[0] for file in outputs}
        while above:
            if above & outputs:
                return original(self)  # which says which, if they are of two jobs
            above = {folder.rpartition("/")[0] for folder in above} - {""}
        return None

    return check


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
