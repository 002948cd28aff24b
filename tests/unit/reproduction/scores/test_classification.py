"""The classification table: gathered from the records of train_classifier, checked, and read back."""

import csv

import numpy as np
import pytest

import collect_classification as script
from geovae.augmentation.scores import classification_scores
from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.tables import save_table
from reproduction.scores.classification import Source, collect_classification, columns, read_classification

NAMES = ["CN", "AD"]
RAW, OURS = Source.parse("raw"), Source.parse("vae/manifold/base/seed0")
CONFUSION = np.array([[50, 11], [8, 15]])  # true CN, true AD


def record(run: int, training_set: str = "raw", confusion: np.ndarray = CONFUSION, **changes) -> dict:
    content = {"training_set": training_set, "key": "k", "run": run, "n_train": 290, "best_epoch": 7}
    content |= {"validation_balanced_accuracy": 0.7, "validation_loss": 0.4, "seconds": 1.5}
    labels, predictions = np.repeat(list(np.ndindex(confusion.shape)), confusion.ravel(), axis=0).T
    return content | classification_scores(labels, predictions, NAMES) | changes


def write(path, *records: dict, **changes):
    content = {"dataset": "phantoms", "class_names": NAMES, "image_shape": [1, 104, 88], "settings": {}}
    storage.save_json(path, content | {"provenance": {}, "records": records} | changes)
    return path


def test_columns_stand_in_a_fixed_order():
    assert columns(["AD", "CN"]) == (
        *("dataset", "source", "model", "sampler", "variant", "seed", "run", "balanced_accuracy", "accuracy"),
        *("f1_AD", "precision_AD", "recall_AD", "f1_CN", "precision_CN", "recall_CN"),
        *("n_train", "n_test", "best_epoch", "seconds"),
    )


def test_a_source_says_what_was_trained_on():
    assert Source.parse("resampled") == ("resampled", None, None, None, None)
    assert OURS == ("vae/manifold", "vae", "manifold", "base", 0)
    assert Source.parse("rae_gp/gmm/k1000_lam0.1/seed12") == ("rae_gp/gmm", "rae_gp", "gmm", "k1000_lam0.1", 12)
    for text in ("raw", "resampled", "vae/manifold/k9/seed3"):
        assert str(Source.parse(text)) == text
    for text in ("real", "vae/manifold", "vae/manifold/base", "vae/manifold/base/0", "a/b/c/seed1/d", ""):
        with pytest.raises(GeovaeError, match="raw, resampled or MODEL/SAMPLER/VARIANT/seedN is expected"):
            Source.parse(text)


def test_what_is_written_is_read_back(tmp_path):
    ours = np.array([[61, 0], [23, 0]])
    files = [
        (OURS, write(tmp_path / "b.json", *(record(run, "generated", ours, n_train=4000) for run in (1, 0)))),
        (RAW, write(tmp_path / "a.json", record(0, seconds=0.1 + 0.2))),
        (RAW, write(tmp_path / "c.json", record(1))),
    ]
    collect_classification(files, tmp_path / "one.csv")
    collect_classification(reversed(files), tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    rows = read_classification(tmp_path / "one.csv")
    assert [(row["source"], row["run"]) for row in rows] == [
        *(("raw", 0), ("raw", 1)),
        *(("vae/manifold", 0), ("vae/manifold", 1)),
    ]
    raw, generated = rows[0], rows[2]
    assert tuple(raw) == columns(["AD", "CN"])
    assert {name: raw[name] for name in ("dataset", "model", "sampler", "variant", "seed")} == {
        "dataset": "phantoms",
        **dict.fromkeys(("model", "sampler", "variant", "seed")),
    }
    assert (raw["n_train"], raw["n_test"], raw["best_epoch"], raw["seconds"]) == (290, 84, 7, 0.1 + 0.2)
    # By hand from the confusion.
    assert raw["recall_AD"] == 15 / 23
    assert raw["precision_AD"] == 15 / 26
    assert raw["f1_AD"] == pytest.approx(2 * (15 / 23) * (15 / 26) / (15 / 23 + 15 / 26))
    assert raw["recall_CN"] == 50 / 61
    assert raw["balanced_accuracy"] == pytest.approx((15 / 23 + 50 / 61) / 2)
    assert raw["accuracy"] == 65 / 84
    assert [generated[name] for name in ("model", "sampler", "variant", "seed", "n_train")] == [
        *("vae", "manifold", "base", 0, 4000)
    ]
    assert (generated["balanced_accuracy"], generated["f1_AD"], generated["recall_CN"]) == (0.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"balanced_accuracy": 1.2}, r"a\.json, run 0: balanced_accuracy is 1\.2, outside \[0, 1\]"),
        ({"accuracy": True}, "accuracy is True, a finite number"),
        ({"accuracy": "0.5"}, "accuracy is '0.5', a finite number"),
        ({"seconds": -1.0}, r"seconds is -1\.0, outside \[0, inf\]"),
        ({"n_train": 0}, "n_train is 0, a whole number of at least 1"),
        ({"best_epoch": 1.5}, "best_epoch is 1.5, a whole number of at least 0"),
        ({"confusion": {}}, "n_test is 0"),
        ({"classes": {"CN": {}}}, "run 0: not a whole record.*Run train_classifier again"),
        ({"confusion": [1, 2]}, "run 0: not a whole record"),
        ({"run": -1}, "a record without the number of its run"),
        ({"run": True}, "a record without the number of its run"),
        ({"training_set": "resampled"}, "run 0 was trained on resampled, but raw means raw"),
    ],
)
def test_an_implausible_run_is_named(tmp_path, change, message):
    path = write(tmp_path / "a.json", record(0) | change)
    with pytest.raises(GeovaeError, match=message):
        collect_classification([(RAW, path)], tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset": None}, r"a\.json: .*dataset is None, a text is expected"),
        ({"records": "x"}, "records is 'x', a list is expected"),
        ({"class_names": [1, "CN"]}, r"class_names is \[1, 'CN'\], a list of texts is expected"),
        ({"records": []}, "no run in these files"),
        ({"records": [3]}, "a record without the number"),
    ],
)
def test_a_broken_file_is_named(tmp_path, change, message):
    path = write(tmp_path / "a.json", record(0), **change)
    with pytest.raises(GeovaeError, match=message):
        collect_classification([(RAW, path)], tmp_path / "out.csv")


def test_generated_runs_are_not_taken_for_real_ones(tmp_path):
    path = write(tmp_path / "a.json", record(0))
    with pytest.raises(GeovaeError, match="trained on raw, but vae/manifold/base/seed0 means generated"):
        collect_classification([(OURS, path)], tmp_path / "out.csv")


def test_every_run_is_there_once(tmp_path):
    first = write(tmp_path / "a.json", record(0), record(1))
    again = write(tmp_path / "b.json", record(1))
    gap = write(tmp_path / "c.json", record(0), record(3))
    single = write(tmp_path / "d.json", record(0, "generated"))
    with pytest.raises(GeovaeError, match=r"b\.json: run 1 of raw is also in .*a\.json"):
        collect_classification([(RAW, first), (RAW, again)], tmp_path / "out.csv")
    with pytest.raises(GeovaeError, match="phantoms: raw has no run 1, 2, but there are runs to 3"):
        collect_classification([(RAW, gap)], tmp_path / "out.csv")
    with pytest.raises(GeovaeError, match="phantoms: vae/manifold/base/seed0 has no run 1, but"):
        collect_classification([(RAW, first), (OURS, single)], tmp_path / "out.csv")


def test_all_are_tested_on_the_same_images_and_classes(tmp_path):
    first = write(tmp_path / "a.json", record(0))
    fewer = write(tmp_path / "b.json", record(0, "generated", CONFUSION - 1))
    with pytest.raises(GeovaeError, match=r"tested on 80 images, but .*a\.json on 84"):
        collect_classification([(RAW, first), (OURS, fewer)], tmp_path / "out.csv")
    other = write(tmp_path / "c.json", record(0, "generated"), class_names=["CN", "MCI"])
    with pytest.raises(GeovaeError, match=r"c\.json: classes \['CN', 'MCI'\], but other files have \['AD', 'CN'\]"):
        collect_classification([(RAW, first), (OURS, other)], tmp_path / "out.csv")


def test_earlier_rows_stay_beside_the_files_that_take_their_places(tmp_path):
    table, second = tmp_path / "out.csv", Source.parse("vae/manifold/base/seed1")
    raw = write(tmp_path / "raw.json", record(0))
    collect_classification([(RAW, raw), (OURS, write(tmp_path / "a.json", record(0, "generated")))], table)
    before = table.read_bytes()
    collect_classification([], table, read_classification(table))
    assert table.read_bytes() == before
    again = [(OURS, write(tmp_path / "b.json", record(0, "generated", seconds=9.0)))]
    again += [(second, write(tmp_path / "c.json", record(0, "generated", seconds=8.0)))]
    collect_classification(again, table, read_classification(table))
    found = {Source.of(row): row["seconds"] for row in read_classification(table)}
    assert found == {RAW: 1.5, OURS: 9.0, second: 8.0}
    other = write(tmp_path / "d.json", record(0, "generated"), dataset="others")
    earlier = [{name.replace("AD", "MCI"): value for name, value in row.items()} for row in read_classification(table)]
    with pytest.raises(GeovaeError, match=r"classes \['MCI', 'CN'\], but other files have \['AD', 'CN'\]"):
        collect_classification([(OURS, other)], table, earlier)


def test_a_broken_table_is_named(tmp_path):
    path = tmp_path / "classification.csv"
    with pytest.raises(GeovaeError, match="no such file"):
        read_classification(path)
    path.write_text("dataset,run\nx,1\n")
    with pytest.raises(GeovaeError, match=r"(?s)classification\.csv: .*not written by geovae.*Delete it"):
        read_classification(path)
    save_table(path, columns([]), [[1] * len(columns([]))])
    with pytest.raises(GeovaeError, match="no column f1_ of a class"):
        read_classification(path)
    save_table(path, [name for name in columns(["AD"]) if name != "recall_AD"], [[1] * (len(columns(["AD"])) - 1)])
    with pytest.raises(GeovaeError, match="no column recall_AD"):
        read_classification(path)
    collect_classification([(RAW, write(tmp_path / "a.json", record(0)))], path)
    path.write_text(path.read_text().replace(",290,", ",291,"))
    with pytest.raises(GeovaeError, match=r"classification\.csv: .* damaged or changed"):
        read_classification(path)
    save_table(path, columns(["AD"]), [["many"] * len(columns(["AD"]))])
    with pytest.raises(GeovaeError, match="row 1: seed is 'many', not a number"):
        read_classification(path)


def test_the_script_gathers_files(tmp_path):
    raw = write(tmp_path / "a=b.json", record(0))
    ours = write(tmp_path / "c.json", record(0, "generated"))
    output = tmp_path / "classification.csv"
    arguments = ["--records", f"raw={raw}", f"vae/manifold/base/seed0={ours}", "--output", str(output)]
    script.main(script.build_parser().parse_args(arguments))
    with output.open(newline="") as file:
        assert [row["source"] for row in csv.DictReader(file)] == ["raw", "vae/manifold"]


@pytest.mark.parametrize("text", ["raw", "=file", "raw="])
def test_the_script_wants_a_source_and_a_file(text, capsys):
    with pytest.raises(SystemExit):
        script.build_parser().parse_args(["--records", text, "--output", "x"])
    assert f"SOURCE=FILE is expected, not '{text}'" in capsys.readouterr().err
