"""The script prepare_dataset: raw files that another machine downloaded are fetched again, and only those."""

import pytest

import download_dataset
import prepare_dataset
from geovae.data import mnist
from helpers.idx_files import draw_files
from helpers.script_runs import fails, run

GONE = f"{mnist.FOLDER}/train-images-idx3-ubyte"


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """Raw files of a drawn MNIST, and the record of their download."""
    draw_files(tmp_path / "raw", mnist, monkeypatch)
    run(download_dataset, "--dataset", "mnist", "--data-dir", tmp_path / "raw", "--output", tmp_path / "mnist.json")
    return tmp_path


def arguments(folder) -> tuple:
    return "--dataset", "mnist", "--data-dir", folder / "raw", "--output", folder / "mnist/train/card.json"


def test_a_raw_file_that_is_gone_is_obtained_and_the_others_stay(raw):
    (raw / "raw" / GONE).unlink()
    kept = {path: path.stat().st_mtime_ns for path in (raw / "raw").rglob("*") if path.is_file()}
    assert "Run download_dataset.py first" in fails(prepare_dataset, *arguments(raw))
    run(prepare_dataset, *arguments(raw), "--downloads", raw / "mnist.json")
    assert (raw / "mnist/train/images.npy").is_file()
    assert (raw / "raw" / GONE).is_file()
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_where_all_raw_files_are_there_nothing_is_looked_for(raw, monkeypatch):
    monkeypatch.setattr(mnist, "obtain", None)
    run(prepare_dataset, *arguments(raw), "--downloads", raw / "mnist.json")
    assert (raw / "mnist/test/card.json").is_file()
