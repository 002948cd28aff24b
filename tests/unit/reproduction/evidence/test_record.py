"""Records of finished builds: what is damaged in one, gone from it or of another kind is named."""

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.storage import save_json
from geovae.core.tables import load_table, save_table
from geovae.evaluation.record import COLUMNS
from helpers.evidence_records import ABOUT_IT, write_record
from reproduction.evidence.record import ABOUT, SCORES, read_record


def fid(generation) -> float:
    return 10.0


def test_a_damaged_record_is_named(tmp_path):
    folder = write_record(tmp_path / "mnist", fid)
    (folder / SCORES).write_text((folder / SCORES).read_text().replace("10.0,", "9.0,", 1))
    with pytest.raises(GeovaeError, match=r"scores\.csv.*checksums"):
        read_record(folder)


@pytest.mark.parametrize("name", ["about.json", "config.json", "scores.csv"])
def test_a_record_of_which_a_file_is_gone_is_no_build_that_is_not_built_yet(tmp_path, name):
    folder = write_record(tmp_path / "mnist", fid)
    (folder / name).unlink()
    with pytest.raises(GeovaeError, match=rf"{name}"):
        read_record(folder)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("command", None, "command is None, a text is expected"),
        ("builds", [], "builds is empty"),
        ("builds", [3], "a build is 3, an object with began, machine, date, jobs, processor_seconds is expected"),
        ("said", "text", "said is 'text', a list is expected"),
        ("said", [1], "said is no list of texts"),
    ],
)
def test_a_record_that_says_other_things_of_what_was_built_is_named(tmp_path, key, value, words):
    folder = write_record(tmp_path / "mnist", fid)
    save_json(folder / ABOUT, {**ABOUT_IT, key: value})
    with pytest.raises(GeovaeError, match=rf"about\.json.*{words}"):
        read_record(folder)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("date", 1, "a build is .*, an object with began, machine, date, jobs, processor_seconds is expected"),
        ("jobs", [], "a build is .*, an object with"),
        ("jobs", {"train_model": "3"}, "jobs has other values than whole numbers"),
        ("processor_seconds", {"train_model": 1e308}, "processor_seconds has other values than numbers from 0"),
    ],
)
def test_a_record_that_says_other_things_of_a_build_is_named(tmp_path, key, value, words):
    folder = write_record(tmp_path / "mnist", fid)
    save_json(folder / ABOUT, {**ABOUT_IT, "builds": [{**ABOUT_IT["builds"][0], key: value}]})
    with pytest.raises(GeovaeError, match=rf"about\.json.*{words}"):
        read_record(folder)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_a_score_that_is_no_finite_number_is_named(tmp_path, value):
    folder = write_record(tmp_path / "mnist", fid)
    rows = [[row[name] for name in COLUMNS] for row in load_table(folder / SCORES)]
    rows[1][COLUMNS.index("fid")] = value
    save_table(folder / SCORES, COLUMNS, rows)
    with pytest.raises(GeovaeError, match=rf"scores\.csv, row 2: fid is '{value}', not a number"):
        read_record(folder)
