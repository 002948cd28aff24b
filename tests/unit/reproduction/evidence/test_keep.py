"""From a build to its record, where parts of the build are not there."""

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json, save_json
from geovae.core.tables import save_table
from helpers.evidence_builds import N_SCORES, built, fids, write_whole
from helpers.evidence_records import ABOUT_IT, config_of, write_record
from reproduction.config.config import load_config
from reproduction.config.layers import merged
from reproduction.evidence.builds import BUILDS, config_content
from reproduction.evidence.earlier import earlier
from reproduction.evidence.keep import keep, processor_seconds
from reproduction.evidence.record import (
    ABOUT,
    CONFIG,
    IMAGES,
    MEASURED,
    SCORES,
    measured_files,
    pictured_figures,
    read_about,
    read_record,
)
from reproduction.plan.comparisons import RECORDS
from reproduction.runtime.provenance import machine_class
from reproduction.scores.classification import columns
from reproduction.scores.score_table import read_scores


def test_processor_seconds_are_those_of_the_benchmarks_by_rule(tmp_path):
    for path, time, cpu in (
        ("train_model/a/seed0.tsv", "9.0", "7.5"),
        ("train_model/b.tsv", "5.0", "0.00"),  # it ended between two looks at it
        ("collect_all_scores.tsv", "0.4", "NA"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"s\th:m:s\tcpu_time\n{time}\t0:00:09\t{cpu}\n")
    assert processor_seconds(tmp_path) == {"train_model": [7.5, 5.0], "collect_all_scores": [0.4]}


@pytest.mark.parametrize("row", [b"x\t1", b"1", b"1\tnan", b"1\t-1", b"1\t1e999", b"\xff\t1"])
def test_a_damaged_benchmark_is_named(tmp_path, row):
    (tmp_path / "train_model.tsv").write_bytes(b"s\tcpu_time\n" + row + b"\n")
    with pytest.raises(GeovaeError, match=r"train_model\.tsv: not a readable benchmark of Snakemake"):
        processor_seconds(tmp_path)


def test_a_build_without_a_score_is_no_record(tmp_path):
    with pytest.raises(GeovaeError, match="no result of this config"):
        keep(config_content("configs/evidence/smoke.yaml"), tmp_path, tmp_path / "record", "snakemake")
    assert not (tmp_path / "record").exists()


def test_the_config_of_a_record_is_whole_and_nothing_of_a_command_line():
    content = config_content("configs/evidence/mnist.yaml")
    assert content["data_dir"] == "data"
    assert content["datasets"]["mnist"]["training"]["epochs"] == 3
    assert content["datasets"]["mnist"]["samplers"]["manifold"]["n_steps"] == 100  # a default
    assert content["artefacts"]["table1"]["seeds"] == [0, 1, 2, 3, 4]


def test_sections_merge_and_lists_are_replaced():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 3}
    assert merged(below, {"a": {"c": [9]}, "e": {"f": 4}}) == {"a": {"b": 1, "c": [9]}, "d": 3, "e": {"f": 4}}
    assert merged(below, {"a": None}) == {"a": None, "d": 3}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 3}


# -- a record that is built in parts ----------------------------------------------------------------------------------


def test_what_an_earlier_build_had_stays_beside_what_this_one_has(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    content = config_of((0, 1, 2))
    build = built(tmp_path / "build", content, 7.0, (1, 2))
    for _ in range(2):  # kept twice it counts once
        keep(content, build, folder, "snakemake")
        assert fids(folder) == {0: 10.0, 1: 7.0, 2: 7.0}
        record = read_record(folder)
        assert record.config.artefacts.table1.seeds == [0, 1, 2]
        assert [entry["jobs"] for entry in record.about["builds"]] == [
            ABOUT_IT["builds"][0]["jobs"],
            {"train_model": 1},
        ]


def test_a_record_that_is_older_than_a_key_of_the_config_stays_beside_a_build(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    told = load_json(folder / CONFIG)
    del told["datasets"]["digits"]["classifier"], told["evaluation"]["resize"]
    save_json(folder / CONFIG, told)
    content = config_of((0, 1, 2))
    keep(content, built(tmp_path / "build", content, 7.0, (2,)), folder, "snakemake")
    assert fids(folder) == {0: 10.0, 1: 10.0, 2: 7.0}


def test_of_a_training_that_was_made_again_on_another_class_of_machines_nothing_else_stays(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    content = config_of((0, 1, 2))
    build = built(tmp_path / "build", content, 7.0, (1,))
    for path in list(build.rglob("*/prior/*/classifier/score_test.json")):
        path.unlink()
    rows = dict.fromkeys((machine_class(), "a-machine"), 0)
    for machine in rows:
        about = load_json(write_record(folder, lambda generation: 10.0, (0, 1)) / ABOUT)
        save_json(folder / ABOUT, about | {"builds": [{**about["builds"][0], "machine": machine}]})
        keep(content, build, folder, "snakemake")
        rows[machine] = len([row for row in read_scores(folder / SCORES) if row["fid"] == 10.0 and row["seed"] == 1])
        assert len([row for row in read_scores(folder / SCORES) if row["seed"] == 0]) == N_SCORES
    assert rows == {machine_class(): 1, "a-machine": 0}


def test_a_build_of_what_needs_no_score_adds_to_a_record_and_begins_none(tmp_path):
    content = config_content("configs/evidence/smoke.yaml")
    measured = {name: tmp_path / path for name, path in measured_files(load_config(content), "figure_pullback").items()}
    for path in measured.values():
        write_whole(path)
    with pytest.raises(GeovaeError, match="no score of this config"):
        keep(content, tmp_path, tmp_path / "record", "snakemake")
    folder = write_record(tmp_path / "record", lambda generation: 10.0)
    save_json(folder / CONFIG, content)
    keep(content, tmp_path, folder, "snakemake")
    assert fids(folder) == {0: 10.0}
    kept = {path.name: path.read_bytes() for path in (folder / MEASURED).iterdir()}
    assert kept == {name: path.read_bytes() for name, path in measured.items()}
    assert len(read_about(folder / ABOUT)["builds"]) == 2


def test_what_is_asked_for_no_more_goes(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1, 2))
    content = config_of((1, 2))
    keep(content, built(tmp_path / "build", content, 7.0, (2,)), folder, "snakemake")
    assert fids(folder) == {1: 10.0, 2: 7.0}


@pytest.mark.parametrize(
    ("section", "value"), [("datasets", {"training": {"epochs": 9}}), ("evaluation", {"n_samples": 7})]
)
def test_nothing_stays_that_was_made_with_other_settings(tmp_path, section, value):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    content = config_of((0, 1))
    content[section] = merged(content[section], {"shapes": value} if section == "datasets" else value)
    stale = [folder / IMAGES / "figure2.png", folder / MEASURED / "pullback_x_scores.json", folder / "metrics.csv"]
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    keep(content, built(tmp_path / "build", content, 7.0, (1,)), folder, "snakemake")
    assert fids(folder) == {1: 7.0}
    assert [entry["jobs"] for entry in read_record(folder).about["builds"]] == [{"train_model": 1}]
    assert not any(path.exists() for path in stale)


def test_measurements_and_pictures_of_the_same_settings_stay(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0)
    content = config_content("configs/evidence/smoke.yaml")
    save_json(folder / CONFIG, content)
    measured = [folder / MEASURED / name for name in measured_files(load_config(content), "figure_pullback")]
    for path in (*measured, folder / IMAGES / "figure2.png", folder / IMAGES / "figure3.png"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    keep(content, built(tmp_path / "build", content, 7.0, (0,)), folder, "snakemake")
    assert all(path.exists() for path in measured)
    assert [path.name for path in (folder / IMAGES).iterdir()] == ["figure2.png"]  # figure 3 is not asked for
    content["artefacts"]["figure_pullback"]["n_points"] += 1
    keep(content, tmp_path / "build", folder, "snakemake")
    assert not any(path.exists() for path in measured)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_nothing_of_a_record_is_stale_for_its_own_config(tmp_path, build):
    folder = write_record(tmp_path / "record", lambda generation: 10.0)
    content = config_content(build.config_file)
    save_json(folder / CONFIG, content)
    config = load_config(content)
    names = [f"{IMAGES}/{name}.png" for name in pictured_figures(config)]
    names += [f"{MEASURED}/{name}" for figure in RECORDS for name in measured_of(config, figure)]
    names += ["metrics.csv"] if config.artefacts.figure_rho else []
    names += ["classification.csv"] if config.artefacts.table2 else []
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    if config.artefacts.table2:
        save_table(folder / "classification.csv", columns("ab"), [[1] * len(columns("ab"))])
    assert earlier(folder, content, config, set(), "a-machine").stale == []
    changed = merged(content, {"evaluation": {"n_samples": 7}})
    found = earlier(folder, changed, load_config(changed), set(), "a-machine").stale
    assert sorted(path.relative_to(folder).as_posix() for path in found) == sorted(names)


def test_a_folder_that_is_called_otherwise_has_other_pictures_and_no_other_numbers(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, dataset="folder")
    told = load_json(folder / CONFIG)
    told["artefacts"]["figure2"] = {"datasets": ["folder"]}
    save_json(folder / CONFIG, told)
    (folder / IMAGES).mkdir()
    (folder / IMAGES / "figure2.png").touch()
    for named, stale in (
        ({"title": "Folder"}, []),
        ({"title": "Faces"}, [folder / IMAGES / "figure2.png"]),
        ({"part_of": "celeba"}, []),
    ):
        content = load_config(merged(told, {"datasets": {"folder": named}})).model_dump(mode="json")
        found = earlier(folder, content, load_config(content), set(), "a-machine")
        assert found.stale == stale
        assert len(found.scores) == 3 * N_SCORES


def measured_of(config, figure):
    return measured_files(config, figure) if getattr(config.artefacts, figure) else []


def test_features_of_two_classifiers_are_not_kept_beside_each_other(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    content = config_of((0, 1, 2))
    build = built(tmp_path / "build", content, 7.0, (2,), accuracy=0.91)
    with pytest.raises(GeovaeError, match=r"its classifier has the accuracy 0\.9, that of .* has 0\.91"):
        keep(content, build, folder, "snakemake")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_classifier_is_one_class_of_machines_own_however_alike_its_accuracy(tmp_path):
    own = {"datasets": {"shapes": {"classifier": None}}}
    content = merged(config_of((0, 1, 2)), own)
    build = built(tmp_path / "build", content, 7.0, (2,))
    for number, machine in enumerate((machine_class(), "a-machine")):
        folder = write_record(tmp_path / f"record{number}", lambda generation: 10.0, (0, 1))
        save_json(folder / CONFIG, merged(config_of((0, 1)), own))
        about = load_json(folder / ABOUT)
        save_json(folder / ABOUT, about | {"builds": [{**about["builds"][0], "machine": machine}]})
        if machine == machine_class():
            keep(content, build, folder, "snakemake")
            assert fids(folder) == {0: 10.0, 1: 10.0, 2: 7.0}
        else:
            before = {path.name: path.read_bytes() for path in folder.iterdir()}
            with pytest.raises(GeovaeError, match="the features of a classifier of a-machine; this is "):
                keep(content, build, folder, "snakemake")
            assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
