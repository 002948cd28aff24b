"""The crate of a build: every file that it names is in it, whole, and what a reader of RO-Crates looks for is there."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from geovae.core.errors import GeovaeError
from helpers.paths import ROOT
from reproduction.runtime import crate

RESULTS = {
    "results/tables/table1.csv": "row,metric,mean\n",
    "results/tables/table1.html": "<p>α</p>",
    "results/figures/figure1.png": "\x89PNG",
    "results/scores.csv": "key,fid\n",
    "results/scores/table1.csv": "key,fid\n",
    "results/claims.md": "# Claims\n",
    "results/provenance.html": "<p>commit</p>",
    "results/data/digits/test/card.json": "{}",
}
LEFT_OUT = {
    "results/data/digits/test/images.npy": "pixels",
    "results/runs/digits/full/conv/vae/base/seed0/model.json": "{}",
}


@pytest.fixture
def build(tmp_path, monkeypatch) -> Path:
    """A folder with what a build leaves in results/."""
    for name, text in (RESULTS | LEFT_OUT).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path: Path) -> tuple[dict[str, bytes], dict[str, dict]]:
    """The files of a crate, and the entities of its metadata by identifier."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    document = json.loads(files.pop("ro-crate-metadata.json"))
    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in document["@graph"]}
    assert len(entities) == len(document["@graph"])
    return files, entities


def referred(value: object) -> set[str]:
    """The identifiers that a part of the metadata refers to."""
    if isinstance(value, list):
        return set().union(*map(referred, value))
    if isinstance(value, dict):
        return {value["@id"]} if set(value) == {"@id"} else set().union(*map(referred, value.values()))
    return set()


@pytest.fixture
def made(build) -> tuple[dict[str, bytes], dict[str, dict]]:
    """The crate of that build, from a config file of this project and two of the user's."""
    (build / "other").mkdir()
    for name in ("mine.yaml", "other/mine.yaml"):
        (build / name).write_text("base: default\n")
    crate.main(["--configfile", str(ROOT / "configs/smoke.yaml"), "mine.yaml", "other/mine.yaml"])
    return read(build / crate.CRATE)


def test_every_file_is_named_with_its_size_and_checksum_and_is_there(made):
    files, entities = made
    named = {name: entity for name, entity in entities.items() if "File" in entity["@type"]}
    assert set(named) == set(files) == referred(entities["./"]["hasPart"])
    for name, content in files.items():
        assert int(named[name]["contentSize"]) == len(content), name
        assert named[name]["sha256"] == hashlib.sha256(content).hexdigest(), name


def test_results_and_the_workflow_are_in_it_and_nothing_large(made):
    files, _ = made
    assert {name for name in files if name.startswith("results/")} == set(RESULTS)
    assert files["results/tables/table1.html"].decode() == RESULTS["results/tables/table1.html"]
    for name in (
        "Snakefile",
        "rules/common.smk",
        "envs/requirements.txt",
        "workflow_scripts/train_model.py",
        "LICENSE",
    ):
        assert files[name] == (ROOT / name).read_bytes()
    assert "workflow_scripts/reproduction/costs/measured.csv" in files
    assert not [name for name in files if "__pycache__" in name]


def test_the_run_leads_from_the_config_by_the_workflow_to_the_results(made):
    _, entities = made
    root, run = entities["./"], entities["#run"]
    assert root["mainEntity"] == run["instrument"] == {"@id": "Snakefile"}
    assert "ComputationalWorkflow" in entities["Snakefile"]["@type"]
    assert referred(root["mentions"]) == {"#run"}
    assert referred(run["object"]) == {"configs/smoke.yaml", "config/1/mine.yaml", "config/2/mine.yaml"}
    assert referred(run["result"]) == set(RESULTS)
    assert root["datePublished"] == run["endTime"][:10]


def test_all_that_is_referred_to_is_described(made):
    _, entities = made
    elsewhere = {"https://w3id.org/ro/crate/1.1", *referred([e.get("url") for e in entities.values()])}
    elsewhere |= referred([entity.get("identifier") for entity in entities.values()])
    assert referred([*entities.values()]) - elsewhere <= set(entities)
    assert set(entities) >= referred(entities["./"]["conformsTo"]) >= {"https://w3id.org/ro/wfrun/workflow/0.5"}


def test_licence_and_citation_are_those_of_the_project(made):
    _, entities = made
    assert entities["./"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}
    paper = entities[entities["./"]["citation"]["@id"]]
    assert paper["name"] == "A Geometric Perspective on Variational Autoencoders"
    authors = [entities[name]["name"] for name in sorted(referred(paper["author"]))]
    assert authors == ["Clément Chadebec", "Stéphanie Allassonnière"]


def test_the_same_files_make_the_same_crate(build):
    configs = [ROOT / "config.yaml"]
    for name in ("one.zip", "two.zip"):
        crate.write_crate(build / name, configs)
    assert (build / "one.zip").read_bytes() == (build / "two.zip").read_bytes()


def test_without_a_build_there_is_no_crate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"error: results: there are no tables or figures\. Build them"):
        crate.main([])
    assert not (tmp_path / crate.CRATE).exists()


def test_a_config_that_is_not_there_is_named(build):
    with pytest.raises(GeovaeError, match=r"absent\.yaml: no such config file\. Name that of the build"):
        crate.write_crate(build / "one.zip", [Path("absent.yaml")])
