"""The page of provenance: every origin of the records with its count, every hash of settings once."""

import pytest

import write_provenance
from geovae.core.errors import GeovaeError
from geovae.core.tables import save_table
from geovae.evaluation.record import COLUMNS, PROVENANCE_COLUMNS
from reproduction.rendering import provenance
from reproduction.runtime import job

RECORD = dict.fromkeys(COLUMNS, 1.5) | {
    "dataset": "digits",
    "subset": "full",
    "net": "conv",
    "model": "vae",
    "trial": "base",
    "seed": 0,
    "sampler": "manifold",
    "variant": "base",
    "split": "test",
    "backbone": "classifier",
    "resize": None,
    **dict.fromkeys(PROVENANCE_COLUMNS, "1.0"),
    "config_sha256": "aa",
    "commit": "c1",
    "device": "a CPU <x>",
    "threads": 1,
    "n": 100,
}


def text(cell) -> str:
    return "".join(span.text for span in cell.spans)


def rows(table) -> list[tuple[str, ...]]:
    return [(row.label, *map(text, row.cells)) for row in table.rows]


def test_every_value_is_counted():
    records = [RECORD, RECORD | {"seed": 1}, RECORD | {"commit": "c2", "seed": 10, "threads": 2}]
    found = rows(provenance.origins(records))
    assert [row for row in found if row[0] == "Commit"] == [("Commit", "c1", "2"), ("Commit", "c2", "1")]
    assert [row[1:] for row in found if row[0] == "Seed"] == [("0", "1"), ("1", "1"), ("10", "1")]
    assert ("Device", "a CPU <x>", "3") in found
    shown = set(provenance.SOFTWARE) | set(provenance.HARDWARE)
    assert shown == set(PROVENANCE_COLUMNS)
    assert provenance.origins(records).footnotes == ("3 score records in all.",)


def test_generations_of_one_hash_share_a_row_whatever_their_seeds():
    records = [RECORD, RECORD | {"seed": 2, "split": "validation"}, RECORD | {"subset": "n50"}]
    records += [RECORD | {"config_sha256": "bb"}, RECORD | {"sampler": "gmm", "config_sha256": "cc"}]
    assert rows(provenance.settings(records)) == [
        ("digits / conv / vae / base / gmm / base", "full", "0", "1", "cc"),
        ("digits / conv / vae / base / manifold / base", "full, n50", "0, 2", "3", "aa"),
        ("digits / conv / vae / base / manifold / base", "full", "0", "1", "bb"),
    ]


def test_the_script_writes_a_page_of_both_tables(tmp_path):
    save_table(tmp_path / "scores.csv", COLUMNS, [[RECORD[name] for name in COLUMNS]])
    words = ["--scores", str(tmp_path / "scores.csv"), "--output", str(tmp_path / "page.html")]
    job.run(write_provenance.main, write_provenance.build_parser(), words)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<table>") == 2
    assert "a CPU &lt;x&gt;" in page
    assert ">aa<" in page


def test_no_record_is_said():
    with pytest.raises(GeovaeError, match="no record, so there is no provenance"):
        provenance.build([])
