"""The environment files agree with one another, with what the library declares, and with what the scripts import."""

import re
import runpy
import tomllib

import pytest
import yaml

from helpers.blocked_imports import needed, without_others
from helpers.paths import ROOT
from helpers.script_imports import SCRIPTS, packages_behind

LOCK = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE))
CONDA_FILES = runpy.run_path(str(ROOT / "envs/conda_files.py"))
# What comes with Snakemake's storage plugin, where results are in S3; one line says so where it is missing.
OF_THE_STORE = {"boto3", "botocore"}
# The scripts that share a conda environment.
FAMILIES = {
    "data": {"download_dataset", "prepare_dataset", "draw_subset"},
    "train": {
        "train_model",
        "embed_latents",
        "build_metric",
        "describe_metrics",
        "compare_pullback",
        "compare_interpolation",
        "trace_geodesics",
        "draw_samples",
        "train_classifier",
    },
    "evaluate": {
        *("fetch_inception", "fetch_efficientnet", "train_backbone", "extract_reference", "extract_training_features"),
        *("measure_unseen", "score_samples", "find_neighbours", "show_centroids"),
    },
    "render": {
        *("collect_scores", "collect_classification", "render_table", "render_figure", "render_history"),
        *("write_claims", "write_provenance", "plan_costs"),
    },
}


def direct_requirements() -> set[str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / "envs/requirements.in").read_text().splitlines()]
    return {re.split(r"[<=\[]", line)[0] for line in lines if line}


def conda_pins(family: str) -> dict[str, str]:
    dependencies = yaml.safe_load((ROOT / f"envs/{family}.yaml").read_text())["dependencies"]
    return dict(re.match(r"([\w.-]+)==(\S+)", entry).groups() for entry in dependencies[-1]["pip"])


def direct_in_conda(family: str) -> set[str]:
    return set(CONDA_FILES["direct_names"]((ROOT / f"envs/{family}.yaml").read_text()))


def test_every_direct_requirement_is_locked_once_with_hashes():
    text = (ROOT / "envs/requirements.txt").read_text()
    for name in direct_requirements():
        assert len(re.findall(rf"^{re.escape(name)}==", text, re.MULTILINE)) == 1, name
    for block in re.split(r"\n(?=[A-Za-z])", text.split("\n", 2)[2]):
        assert "--hash=sha256:" in block, block.splitlines()[0]


def test_one_version_serves_every_supported_python():
    names = re.findall(r"^([\w.-]+)==", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE)
    assert len(names) > 50
    assert sorted(names) == sorted(set(names))


def test_every_conda_file_is_that_of_a_family():
    assert {path.stem for path in (ROOT / "envs").glob("*.yaml")} == set(FAMILIES) == set(CONDA_FILES["FAMILIES"])


def test_every_script_belongs_to_one_family():
    scripts = [script for family in FAMILIES.values() for script in family]
    assert sorted(scripts) == sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.mark.parametrize("family", FAMILIES)
def test_conda_has_the_locked_versions(family):
    pinned = conda_pins(family)
    assert pinned == {name: LOCK[name] for name in pinned}
    assert direct_in_conda(family) <= direct_requirements()


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_floats_in_conda(family):
    """What its packages say that they need is pinned, as far as they are installed here."""
    assert needed(direct_in_conda(family)) <= set(conda_pins(family))


@pytest.mark.parametrize("family", FAMILIES)
def test_conda_has_what_is_written_for_it(family):
    text = (ROOT / f"envs/{family}.yaml").read_text()
    lock = CONDA_FILES["read_lock"]((ROOT / "envs/requirements.txt").read_text())
    assert CONDA_FILES["with_pins"](text, *lock) == text


def test_a_new_lock_changes_versions_and_what_is_needed():
    lock = (
        "a==2.0 \\\n    --hash=sha256:0\nb==3.1 ; sys_platform == 'linux' \\\n    --hash=sha256:0\n    # via a\n"
        "c==1 \\\n    --hash=sha256:0\n    # via\n    #   b\n    #   d\nd==4 \\\n    --hash=sha256:0\n"
    )
    head, direct, indirect = "name: x\n", CONDA_FILES["DIRECT"], CONDA_FILES["INDIRECT"]
    old = f"{head}{direct}      - a==1.0\n{indirect}      - e==1\n"
    new = f"{head}{direct}      - a==2.0\n{indirect}      - b==3.1 ; sys_platform == 'linux'\n      - c==1\n"
    assert CONDA_FILES["with_pins"](old, *CONDA_FILES["read_lock"](lock)) == new


@pytest.mark.parametrize("family", FAMILIES)
def test_conda_has_what_the_scripts_import_and_no_more(family):
    imported = set().union(*(packages_behind(f"{script}.py") for script in FAMILIES[family]))
    if "torchvision" in imported:
        imported.add("torch")  # which it imports
    assert direct_in_conda(family) == imported - OF_THE_STORE


def test_every_rule_has_the_environment_of_its_script():
    found = 0
    for path in (ROOT / "rules").glob("*.smk"):
        for rule in re.split(r"^ *rule\b", path.read_text(), flags=re.MULTILINE)[1:]:
            scripts = re.findall(r'script=script\("(\w+)\.py"\)', rule)
            for script in scripts:
                family = next(name for name, members in FAMILIES.items() if script in members)
                assert re.findall(r'conda:\s+"../envs/(\w+)\.yaml"', rule) == [family], script
            found += len(scripts)
    assert found >= len(list(SCRIPTS.glob("*.py")))


def test_the_imports_behind_a_script_are_those_that_it_runs():
    assert packages_behind("draw_subset.py") == {"numpy"}
    assert packages_behind("render_history.py") == {"matplotlib", "numpy"}
    # Behind a registry; inside functions; under another name than the package's.
    assert {"nibabel", "pillow", "scikit-learn"} <= packages_behind("prepare_dataset.py")
    assert {"seaborn", "pandas"} <= packages_behind("render_figure.py")
    assert {"torch", "pytorch-fid"} <= packages_behind("score_samples.py")


def test_the_library_asks_only_for_what_is_locked():
    assert declared("dependencies") <= set(LOCK)


def test_an_installed_library_with_its_extra_runs_every_job():
    """`pip install geovae[workflow]`: what scripts and Snakefile import, each of it locked here."""
    workflow = declared("workflow")
    imported = set().union(*(packages_behind(path.name) for path in SCRIPTS.glob("*.py")))
    assert imported - OF_THE_STORE <= declared("dependencies") | workflow
    assert {"snakemake", "pydantic"} <= workflow <= set(LOCK)


def declared(group: str) -> set[str]:
    """The packages that the library asks for, by `dependencies` or the name of an extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    entries = project["dependencies"] if group == "dependencies" else project["optional-dependencies"][group]
    return {re.split(r"[>\[=]", entry)[0] for entry in entries}


def test_what_is_hidden_from_bare_processes_is_never_the_project(tmp_path, monkeypatch):
    about = tmp_path / "geovae-0.1.0.dist-info"  # `pip install .` leaves the like of it beside the code
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: geovae\nVersion: 0.1.0\n")
    (about / "top_level.txt").write_text("geovae\n")
    monkeypatch.syspath_prepend(tmp_path)
    hidden = without_others({"snakemake"})
    assert "'numpy'" in hidden
    assert "'geovae'" not in hidden
