"""What `keep` does not take of a build, and what is left of a record whose keep fails or is killed midway."""

import os
import shutil

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json, save_json
from helpers.evidence_builds import N_SCORES, built, fids, write_whole
from helpers.evidence_records import config_of, score_row, write_record
from reproduction.config.config import load_config
from reproduction.config.layers import merged
from reproduction.evidence import keep as keeping
from reproduction.evidence.builds import config_content
from reproduction.evidence.exchange import exchanged
from reproduction.evidence.keep import keep
from reproduction.evidence.record import (
    ABOUT,
    CONFIG,
    IMAGES,
    MEASURED,
    METRIC_TABLE,
    SCORES,
    measured_files,
    read_record,
)
from reproduction.plan.cells import scored_generations
from reproduction.plan.job_settings import config_sha256
from reproduction.plan.keys import SCORED_SPLITS
from reproduction.scores.score_table import read_scores


def contents(folder):
    """Name and bytes of each file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def built_of_folder(root, path, epochs=2):
    """The config of images in a folder, and a build of it whose images lay in `path`."""
    content = config_of((0,), "folder")
    content["datasets"]["folder"]["training"] = {"epochs": 2}
    own = {"options": {"path": path}, "training": {"epochs": epochs}}
    config = load_config(merged(content, {"datasets": {"folder": own}}))
    for generation in scored_generations(config):
        for split in SCORED_SPLITS:
            target = root / generation.score("classifier", split)
            target.parent.mkdir(parents=True, exist_ok=True)
            save_json(target, score_row(generation, split, 7.0) | {"config_sha256": config_sha256(config, generation)})
    return load_config(content).model_dump(mode="json")


# -- of which config a build is ---------------------------------------------------------------------------------------


def test_a_build_of_other_settings_is_refused_and_the_record_stays(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    before = contents(folder)
    other = merged(config_of((0, 1)), {"datasets": {"shapes": {"training": {"epochs": 9}}}})
    build = built(tmp_path / "build", other, 7.0, (1,))
    write_whole(build / "results/metrics.csv")
    words = rf"score_.*json: its settings \(config_sha256\) are not .*; so are {N_SCORES} of {N_SCORES} score records"
    with pytest.raises(GeovaeError, match=words):
        keep(config_of((0, 1)), build, folder, "snakemake")
    assert contents(folder) == before


def test_one_row_of_other_settings_is_named(tmp_path):
    content = config_of((0,))
    build = built(tmp_path / "build", content, 7.0, (0,))
    path = sorted(build.rglob("score_*.json"))[3]
    save_json(path, load_json(path) | {"config_sha256": "0" * 64})
    with pytest.raises(GeovaeError, match=rf"{path}: its settings .*; so are 1 of {N_SCORES} score records"):
        keep(content, build, tmp_path / "record", "snakemake")
    assert not (tmp_path / "record").exists()


def test_images_may_have_lain_elsewhere_but_nothing_else_may_differ(tmp_path):
    content = built_of_folder(tmp_path / "build", "elsewhere")
    folder = tmp_path / "record"
    with pytest.raises(GeovaeError, match=r"\nWhere its images alone lay elsewhere, give their folder .*: --images"):
        keep(content, tmp_path / "build", folder, "snakemake")
    keep(content, tmp_path / "build", folder, "snakemake", images="elsewhere")
    assert fids(folder) == {0: 7.0}
    assert load_json(folder / CONFIG)["datasets"]["folder"]["options"]["path"] == "data"
    built_of_folder(tmp_path / "build", "elsewhere", epochs=9)
    with pytest.raises(GeovaeError, match="are not those of the config that is kept"):
        keep(content, tmp_path / "build", folder, "snakemake", images="elsewhere")
    with pytest.raises(GeovaeError, match=r"--images.*has no data set `folder`"):
        keep(config_of((0,)), tmp_path / "build", folder, "snakemake", images="elsewhere")


# -- damaged files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f"{IMAGES}/figure2.png", METRIC_TABLE, "arrays.npz", "scores.json"])
@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:-20] + data[-19:]])
def test_a_damaged_file_is_not_copied_over_a_good_one(tmp_path, name, damage):
    content = config_content("configs/evidence/smoke.yaml")
    build, folder = built(tmp_path / "build", content, 7.0, (0,)), tmp_path / "record"
    files = {f"{IMAGES}/figure2.png": "results/figures/figure2.png", METRIC_TABLE: "results/metrics.csv"}
    measured = measured_files(load_config(content), "figure_pullback")
    files |= {path.rpartition("_")[2]: target for path, target in measured.items()}
    for target in files.values():
        write_whole(build / target)
    keep(content, build, folder, "snakemake")
    before = contents(folder)
    assert {f"{MEASURED}/{each}" for each in measured} | {f"{IMAGES}/figure2.png", METRIC_TABLE} <= before.keys()
    broken = build / files[name]
    broken.write_bytes(damage(broken.read_bytes()))
    with pytest.raises(GeovaeError, match=rf"{broken}: not a readable .*\nDelete it and run the workflow again"):
        keep(content, build, folder, "snakemake")
    assert contents(folder) == before


# -- ends midway ------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """In the place of a signal."""


@pytest.mark.parametrize("step", ["copy", "save_rows", "save_json"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device", "file"), Killed()])
def test_what_ends_a_keep_leaves_the_record_that_there_was(tmp_path, monkeypatch, step, error):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    (folder / "README.md").write_text("rendered")
    before = contents(folder)
    content = config_of((0, 1, 2))
    build = built(tmp_path / "build", content, 7.0, (2,))

    def fails(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(keeping, step, fails)
        with pytest.raises(type(error)):
            keep(content, build, folder, "snakemake")
    assert contents(folder) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "record"]
    keep(content, build, folder, "snakemake")
    assert fids(folder) == {0: 10.0, 1: 10.0, 2: 7.0}
    assert (folder / "README.md").read_text() == "rendered"


def test_a_second_rename_that_fails_brings_the_old_folder_back(tmp_path, monkeypatch):
    folder = write_record(tmp_path / "record", lambda generation: 10.0)
    before, rename = contents(folder), os.rename
    monkeypatch.setattr(type(folder), "rename", failing_for(tmp_path / ".record.new", rename))
    with pytest.raises(OSError, match="busy"), exchanged(folder) as fresh:
        (fresh / "new").touch()
    assert contents(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["record"]


def failing_for(path, rename):
    def renamed(self, target):
        if self == path:
            raise OSError(16, "busy", str(path))
        rename(self, target)

    return renamed


def test_a_keep_that_was_killed_between_its_renames_is_noticed_and_mended_by_the_next(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    shutil.copytree(folder, tmp_path / ".record.new")
    folder.rename(tmp_path / ".record.old")
    with pytest.raises(GeovaeError, match=r"\.record\.old: the record, as a `make keep` left it that was killed"):
        read_record(folder)
    content = config_of((0, 1, 2))
    keep(content, built(tmp_path / "build", content, 7.0, (2,)), folder, "snakemake")
    assert fids(folder) == {0: 10.0, 1: 10.0, 2: 7.0}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "record"]


def test_a_file_in_the_place_of_a_record_is_left_alone(tmp_path):
    content = config_of((0,))
    (tmp_path / "record").write_text("mine")
    with pytest.raises(GeovaeError, match="record: this is no folder"):
        keep(content, built(tmp_path / "build", content, 7.0, (0,)), tmp_path / "record", "snakemake")
    assert (tmp_path / "record").read_text() == "mine"


# -- what a record is told to hold, and what goes ---------------------------------------------------------------------


def test_a_record_names_its_files(tmp_path):
    content = config_content("configs/evidence/smoke.yaml")
    build, folder = built(tmp_path / "build", content, 7.0, (0,)), tmp_path / "record"
    write_whole(build / "results/figures/figure2.png")
    keep(content, build, folder, "snakemake")
    (folder / "README.md").touch()  # rendered of it
    keep(content, build, folder, "snakemake")
    assert load_json(folder / ABOUT)["files"] == [CONFIG, f"{IMAGES}/figure2.png", SCORES]


def test_what_goes_is_said_with_the_setting_that_differs(tmp_path):
    folder = write_record(tmp_path / "record", lambda generation: 10.0, (0, 1))
    (folder / MEASURED).mkdir()
    (folder / MEASURED / "pullback_x_scores.json").touch()
    content = merged(config_of((0, 1)), {"datasets": {"shapes": {"training": {"epochs": 9}}}})
    build = built(tmp_path / "build", content, 7.0, (1,))
    assert keep(content, build, folder, "snakemake") == [
        f"{2 * N_SCORES} score rows go: the build has another datasets.shapes.training.epochs",
        "1 files go, of other settings or asked for no more: measured/pullback_x_scores.json",
    ]
    assert keep(content, build, folder, "snakemake") == []
    content = config_of((0,))
    shutil.rmtree(build)
    content["datasets"]["shapes"]["training"]["epochs"] = 9
    assert keep(content, built(build, content, 7.0, (0,)), folder, "snakemake") == [
        f"{N_SCORES} score rows go: asked for no more"
    ]


def test_where_images_lie_is_no_other_setting(tmp_path):
    content = built_of_folder(tmp_path / "build", "data")
    folder = tmp_path / "record"
    keep(content, tmp_path / "build", folder, "snakemake")
    content = merged(content, {"datasets": {"folder": {"options": {"path": "elsewhere"}}}})
    assert keep(content, tmp_path / "build", folder, "snakemake", images="data") == []
    rows = read_scores(folder / SCORES)
    shutil.rmtree(tmp_path / "build")
    built_of_folder(tmp_path / "build", "data")
    for path in sorted((tmp_path / "build").rglob("score_*.json"))[1:]:
        path.unlink()
    assert keep(content, tmp_path / "build", folder, "snakemake", images="data") == []
    assert read_scores(folder / SCORES) == rows
