"""What the profiles make of the rules' resources."""

import re

import pytest

from helpers.snakemake_runs import output, run_command

SMOKE = ("--configfile", "configs/smoke.yaml")


def resources(project, *options: str) -> list[dict[str, str]]:
    """The resources of each job that a dry run plans, without `all`."""
    result = run_command(project, "snakemake", "--dry-run", *options, *SMOKE)
    assert result.returncode == 0, output(result)
    lines = re.findall(r"^ *resources: (.*)$", output(result), re.MULTILINE)
    found = [dict(entry.split("=", 1) for entry in line.split(", ")) for line in lines]
    return [entry for entry in found if "runtime" in entry]


def test_every_job_on_a_cluster_says_where_it_runs_for_how_long_and_on_how_much(project):
    """The profile's partition and account reach every job beside what the rules say."""
    jobs = resources(project, "--profile", "profiles/slurm")
    assert len(jobs) > 150
    for job in jobs:
        assert (job["slurm_partition"], job["slurm_account"]) == ("main", "default")
        assert job["disk_mb"] == "1000"
        assert int(job["mem_mb"]) >= 1000
        assert job.get("gpu") in (None, "1")
    assert {job["runtime"] for job in jobs} >= {"10", "30", "40", "60", "1440"}


@pytest.mark.parametrize("options", [(), ("--workflow-profile", "none")])
def test_the_rules_alone_say_what_a_job_needs(project, options):
    jobs = resources(project, "--cores", "2", *options)
    assert len(jobs) > 150
    assert all(int(job["mem_mb"]) >= 1000 and int(job["runtime"]) >= 10 for job in jobs)
    assert {job["runtime"] for job in jobs} >= {"10", "60", "120", "240", "480", "1440"}
