"""A SLURM site that refuses, or is not there, ends a build in seconds with the reason. Its programs are stand-ins."""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from helpers.snakemake_runs import output, run_command

REASON = "sbatch: error: Batch job submission failed: Invalid account or account/partition combination specified"
# Refuses everything; or everything but a question; with what it was asked written down.
SBATCH = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$1" in --test-only) [ -n "$TAKES_QUESTIONS" ] && exit 0;; esac
echo "{reason}" >&2
exit 1
"""
BUILD = ("snakemake", "--profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "1", "--retries", "0")
# Submitted together, as a group.
TARGET = ("results/data/digits/subsets/full/train.npy", "--configfile", "configs/smoke.yaml")


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder of programs that is the whole path: what Snakemake needs, and a SLURM."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("bash", "sh", "env", "true", "uname", "which"):
        (folder / name).symlink_to(shutil.which(name))
    for name in ("snakemake", "python"):
        (folder / name).symlink_to(Path(sys.executable).with_name(name))
    programs = {"sbatch": SBATCH.format(reason=REASON), "sacctmgr": '#!/bin/sh\necho "$ACCOUNTS"\n'}
    for name in ("sbatch", "squeue", "scancel", "sacctmgr", "sshare"):
        (folder / name).write_text(programs.get(name, "#!/bin/sh\n"))
        (folder / name).chmod(0o755)
    return folder


def build(project: Path, site: Path, **variables: str):
    start = time.monotonic()
    asked = site.with_name("asked")
    words = ("timeout", "120", "env", f"PATH={site}", f"ASKED={asked}", *BUILD, *TARGET)
    result = run_command(project, *words, **variables)
    assert result.returncode == 1, output(result)  # 124 is that of a build that hangs
    assert time.monotonic() - start < 100
    return output(result), asked.read_text().splitlines() if asked.exists() else []


def test_a_site_that_knows_another_account_says_so_before_anything_is_submitted(project, site):
    said, asked = build(project, site)
    assert f"SLURM refuses a job of --account=default --partition=main: {REASON}" in said
    assert "Correct slurm_account and slurm_partition in profiles/slurm/config.yaml" in said
    assert asked == ["--test-only --account=default --partition=main --time=1 --wrap=true"]
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("accounts", "n_asked", "reason"),
    [("", 2, REASON), ("physics", 1, "The given account default appears to be invalid")],
)
def test_a_group_that_is_refused_when_it_is_submitted_ends_the_build(project, site, accounts, n_asked, reason):
    """By sbatch, and by the plugin, whose handler of errors would let it wait for ever."""
    said, asked = build(project, site, TAKES_QUESTIONS="1", ACCOUNTS=accounts)
    assert reason in said
    assert len(asked) == n_asked


def test_without_slurms_programs_the_build_ends_with_what_is_lacking(project, site):
    for name in ("sbatch", "scancel"):
        (site / name).unlink()
    said, _ = build(project, site)
    assert "SLURM: sbatch, scancel not found on the path." in said
    assert "Traceback" not in said
    assert os.listdir(project / "results") == []
