"""All that makes Snakemake plan faster, applied to the one that runs."""

from typing import Any

from snakemake import common, dag, io, jobs, rules
from snakemake.path_modifier import PathModifier
from snakemake.settings.enums import Quietness

from reproduction.runtime.planning import graph, paths


def plan_faster(workflow: Any) -> None:
    """Let this Snakemake plan its jobs faster, and a dry run of many print their numbers.

    Args:
        workflow: Snakemake's, of the Snakefile that asks.
    """
    paths.remember_patterns(io)
    paths.read_flags(io, dag, jobs, rules)
    paths.read_storage(io._IOFile, io.AnnotatedString)
    paths.remember_checks(io)
    paths.pass_paths(PathModifier)
    paths.wrap_once(rules, io)
    paths.look_up_files(io._IOFile)
    graph.remember_signatures(common, rules)
    graph.remember_producers(dag.DAG)
    graph.settle_environments(jobs.Job)
    graph.compare_outputs(dag.DAG)
    graph.show_numbers_of_many(workflow, {Quietness.RULES, Quietness.PROGRESS})
