"""What is said of a build before it runs: the count of its jobs agrees with Snakemake's, and the costs are printed."""

import re
from collections import Counter
from graphlib import TopologicalSorter

import pytest
import yaml
from snakemake.utils import update_config

from helpers.dry_runs import jobs_of
from helpers.paths import ROOT
from helpers.snakemake_runs import output, run_command, run_snakemake
from reproduction.config.config import load_config
from reproduction.costs.graph import job_graph
from reproduction.costs.jobs import planned_jobs
from reproduction.costs.submissions import submissions


def smoke_config(project):
    content = yaml.safe_load((project / "config.yaml").read_text())
    update_config(content, yaml.safe_load((project / "configs/smoke.yaml").read_text()))
    return load_config(content)


@pytest.mark.parametrize(
    "target",
    [
        "table2",
        "table4",
        "table7",
        "figure1",
        "figure3",
        "figure13",
        "figure_pullback",
        "figure_interpolation",
        "claims",
        "all",
    ],
)
def test_the_jobs_are_those_that_snakemake_plans(project, planned, target):
    jobs = planned_jobs(smoke_config(project), *([] if target == "all" else [target]))
    counted = {rule: len(items) for rule, items in jobs.items()}
    assert counted == {rule: len(outputs) for rule, outputs in planned(project, target).items() if rule != target}


def closure(graph):
    """How many jobs of a rule wait for how many of another, directly or through others."""
    before = {}
    for job in TopologicalSorter(graph).static_order():
        before[job] = set(graph[job]).union(*(before[earlier] for earlier in graph[job]))
    return Counter((job.rule, earlier.rule) for job, all_before in before.items() for earlier in all_before)


def test_the_jobs_wait_for_those_that_snakemake_lets_them_wait_for(project):
    result = run_snakemake(project, "--dry-run")
    planned = [job for job in jobs_of(output(result)) if job.rule != "all"]
    writers = {path: job for job in planned for path in job.outputs}
    expected = {job: {writers[path] for path in job.inputs if path in writers} for job in planned}
    assert closure(job_graph(smoke_config(project))) == closure(expected)


def test_the_submissions_are_those_that_snakemake_would_make(project):
    options = ("-n", "--profile", "profiles/slurm", "--configfile", "configs/smoke.yaml")
    result = run_command(project, "snakemake", *options)
    assert result.returncode == 0, output(result)
    announced = re.findall(r"^(?:rule (?!all:).*:|\[.*\] Group job )", output(result), re.MULTILINE)
    assert submissions(planned_jobs(smoke_config(project))) == len(announced)


def test_the_costs_of_the_papers_build_are_printed_before_anything_runs(project):
    result = run_command(
        project, "snakemake", "--cores", "2", "plan_costs", "--quiet", "--configfile", "configs/paper.yaml"
    )
    assert result.returncode == 0, output(result)
    rows = {line.split("  ")[0]: line.split()[-4:] for line in result.stdout.splitlines() if "  " in line}
    assert {"table1", "table2", "figure14", "claims", "whole build"} <= rows.keys()
    jobs, trainings, core_hours, _ = rows["whole build"]
    assert int(jobs) > 3000
    assert int(trainings) > 400
    assert float(core_hours.replace(",", "")) > 100
    assert not (project / "results/runs").exists()


def test_the_page_of_gpus_has_what_is_printed_of_the_papers_build(project):
    options = ("--configfile", "configs/paper.yaml", "--config", "machine=configs/machines/h100.yaml")
    result = run_command(project, "snakemake", "--cores", "2", "plan_costs", "--quiet", *options)
    assert result.returncode == 0, output(result)
    on_gpus = re.search(r"^The whole build on .*?^Trainings: .*?$", result.stdout, re.MULTILINE | re.DOTALL)
    assert on_gpus[0] in (ROOT / "docs/gpu.md").read_text()
