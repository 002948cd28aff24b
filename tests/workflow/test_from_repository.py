"""The workflow as another one takes it from a tag of its repository, which is how the workflow catalogue deploys it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.file_server import file_server
from helpers.paths import ROOT
from helpers.snakemake_runs import copy_project, output, run_command

SPLIT = "results/data/digits/train/card.json"
# What snakedeploy writes, with another address.
DEPLOYED = """\
configfile: "config/config.yaml"


module geovae:
    snakefile:
        {source}
    config:
        config


use rule * from geovae
"""
TAG = 'github("someone/geovae", path="workflow/Snakefile", tag="v1")'


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=tests", "-c", "user.email=tests@localhost"]
    return subprocess.run(
        ["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A repository with a tag, after which everything was deleted."""
    folder = copy_project(tmp_path_factory.mktemp("host") / "someone/geovae")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all", "--", ":!results")
    git(folder, "commit", "--quiet", "--message=Project")
    git(folder, "tag", "v1")
    git(folder, "rm", "-r", "--quiet", ".")
    git(folder, "commit", "--quiet", "--message=Nothing")
    return folder


def counts(text: str) -> dict[str, int]:
    """The jobs of each rule in a plan."""
    words = [line.split() for line in text.splitlines()]
    return {pair[0]: int(pair[1]) for pair in words if len(pair) == 2 and pair[1].isdecimal()}


@pytest.fixture(scope="module")
def planned_here(tmp_path_factory) -> dict[str, int]:
    """The jobs of the default build in a folder of the project."""
    project = copy_project(tmp_path_factory.mktemp("here") / "project")
    return counts(run_command(project, "snakemake", "--dry-run", "--quiet", "rules").stdout)


def deployed(folder: Path, source: str) -> Path:
    """The workflow of somebody who deployed this one."""
    (folder / "workflow").mkdir(parents=True)
    (folder / "workflow/Snakefile").write_text(DEPLOYED.format(source=source))
    shutil.copytree(ROOT / "config", folder / "config")
    return folder


def snakemake(folder: Path, repository: Path, *words: str):
    """A start for which GitHub is the folder that holds the repository's owner."""
    github = {"GIT_CONFIG_KEY_0": f"url.file://{repository.parents[1]}/.insteadOf"}
    github |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_VALUE_0": "https://github.com/"}
    return run_command(folder, "snakemake", *words, XDG_CACHE_HOME=str(folder.parent / "cache"), **github)


def test_a_tag_is_built_from_its_own_sources(repository, tmp_path):
    folder = deployed(tmp_path / "mine", TAG)
    result = snakemake(folder, repository, "--cores", "2", "--printshellcmds", SPLIT)
    assert result.returncode == 0, output(result)
    assert json.loads((folder / SPLIT).read_text())["shape"] == [1000, 1, 32, 32]
    commit = git(repository, "rev-parse", "v1")
    (checkout,) = (folder / ".snakemake/geovae").iterdir()
    assert checkout.name == commit == git(checkout, "rev-parse", "HEAD")
    assert f"python {checkout}/workflow_scripts/prepare_dataset.py" in output(result)
    again = snakemake(folder, repository, "--cores", "2", SPLIT)
    assert "Nothing to be done" in output(again)


@pytest.mark.parametrize("kind", ["github", "git+file"])
def test_all_of_it_is_planned_where_no_target_is_named(repository, planned_here, tmp_path, kind):
    source = TAG if kind == "github" else f'"git+file://{repository}/workflow/Snakefile@v1"'
    folder = deployed(tmp_path / "mine", source)
    result = snakemake(folder, repository, "--dry-run", "--quiet", "rules")
    assert result.returncode == 0, output(result)
    assert counts(result.stdout) == planned_here
    assert planned_here["total"] > 400


def test_a_file_without_its_repository_is_refused_in_a_line(repository, tmp_path):
    with file_server() as server:
        url = server.add("raw/workflow/Snakefile", (ROOT / "workflow/Snakefile").read_bytes())
        result = snakemake(deployed(tmp_path / "mine", f'"{url}"'), repository, "--dry-run")
    assert result.returncode == 1
    assert (
        f"{url.removesuffix('/Snakefile')}: a file alone is not enough. Name the repository: github(" in result.stderr
    )
    assert "Traceback" not in output(result)
