"""What `make verify` says: which files, records and columns differ, and where there is nothing to compare with."""

import base64
import json
import re
import zlib

import numpy as np
import pytest

from geovae.core import seals, storage, tables
from geovae.evaluation.record import COLUMNS, KEY_COLUMNS, TIMING_COLUMNS
from helpers import repeatable
from verify import verify_build

RUN = "runs/digits/full/conv/vae/base/seed0"
FILES = {
    "data/digits/train/images.npy": "1",
    f"{RUN}/model.safetensors": "2",
    f"{RUN}/latents.npz": "3",
    f"{RUN}/metric/base/metric.npz": "4",
    f"{RUN}/generations/gmm/base/latents.npy": "5",
    f"{RUN}/generations/gmm/base/classifier/score_test.json": "6",
    "scores.csv": "7",
    "tables/table1.md": "8",
}


def scores(*rows: dict) -> str:
    names = [*KEY_COLUMNS, "backbone", "split", "fid", "prd_f8"]
    lines = [[str(({"fid": 1.5, "prd_f8": 0.5} | row).get(name, name)) for name in names] for row in rows]
    return "\n".join(",".join(line) for line in [names, *lines]) + "\n"


def test_files_that_differ_are_named_under_the_stage_that_wrote_them_the_cause_first():
    changed = FILES | dict.fromkeys(list(FILES)[1:], "other")
    lines = verify_build.differences(changed, FILES)
    assert lines == [
        *("trained models: 1 of 1 files differ", f"  results/{RUN}/model.safetensors"),
        "latent codes and metrics: 2 of 2 files differ",
        *(f"  results/{RUN}/latents.npz", f"  results/{RUN}/metric/base/metric.npz"),
        *("samples: 1 of 1 files differ", f"  results/{RUN}/generations/gmm/base/latents.npy"),
        "scores: 2 of 2 files differ",
        *(f"  results/{RUN}/generations/gmm/base/classifier/score_test.json", "  results/scores.csv"),
        *("tables, figures and claims: 1 of 1 files differ", "  results/tables/table1.md"),
    ]
    assert verify_build.differences(FILES, dict(FILES)) == []


def test_files_of_one_side_only_and_more_than_can_be_named():
    more = {f"data/digits/{i}.npy": "x" for i in range(7)}
    lines = verify_build.differences(FILES | more, FILES)
    assert lines[0] == "data: 7 of 8 files differ"
    assert lines[1] == "  results/data/digits/0.npy, which is not in the record"
    assert lines[-1] == "  … and 2 more"
    assert verify_build.differences(FILES, FILES | more)[1] == "  results/data/digits/0.npy, which was not built"


def test_scores_that_differ_are_named_by_record_and_column():
    recorded = scores({"seed": 0}, {"seed": 1})
    assert verify_build.score_differences(recorded, recorded) == []
    (line,) = verify_build.score_differences(scores({"seed": 0}, {"seed": 1, "fid": 2.5}), recorded)
    assert line.endswith("1 sampler variant backbone split: fid 2.5 (recorded: 1.5)")
    assert verify_build.score_differences(scores({"seed": 0}), recorded) == ["score records: 1, recorded: 2"]
    many = scores(*({"seed": i, "prd_f8": 0.25} for i in range(8)))
    lines = verify_build.score_differences(many, scores(*({"seed": i} for i in range(8))))
    assert len(lines) == 6
    assert lines[-1] == "  … and 3 more records"


def test_times_and_origins_are_left_out_of_what_is_compared(tmp_path):
    row = {name: name for name in COLUMNS}
    (tmp_path / "score.json").write_text(json.dumps({"a": [row], "long_seconds": 1}))
    (tmp_path / "scores.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(row.values()) + "\n")
    kept = json.loads(repeatable.content(tmp_path / "score.json", verify_build.VARYING))["a"][0]
    assert not kept.keys() & {*TIMING_COLUMNS, "commit", "device", "torch_version"}
    assert kept.keys() >= {*KEY_COLUMNS, "fid", "config_sha256"}
    header = repeatable.content(tmp_path / "scores.csv", verify_build.VARYING).decode().splitlines()[0]
    assert set(header.split(",")) == kept.keys()
    assert set(json.loads(repeatable.content(tmp_path / "score.json"))) == {"a"}


def test_seals_are_left_out_of_what_is_compared(tmp_path):
    array = np.arange(3)
    np.save(tmp_path / "bare.npy", array)
    np.savez(tmp_path / "bare.npz", a=array)
    with seals.places_below("results"):
        folder = tmp_path / "results/runs"
        storage.save_array(folder / "a.npy", array)
        storage.save_arrays(folder / "a.npz", a=array)
        storage.save_json(folder / "a.json", {"fid": 1.5}, beside=["a.npy"])
        tables.save_table(folder / "a.csv", ["fid"], [[1.5]])
    for suffix in (".npy", ".npz"):
        assert repeatable.content(folder / f"a{suffix}") == repeatable.content(tmp_path / f"bare{suffix}")
    assert repeatable.content(folder / "a.npy") == (tmp_path / "bare.npy").read_bytes()
    assert repeatable.content(folder / "a.json") == b'{"fid": 1.5}'
    assert repeatable.content(folder / "a.csv").split() == [b"fid", b"1.5"]


# np.savez(a=np.arange(3), b=np.float64(0.5)) by Python 3.11.2, whose zipfile puts other versions and sizes in headers.
_BY_AN_OLDER_PYTHON = zlib.decompress(
    base64.b85decode(
        "c-jl_W@Zs#fB;2??+!w*W&l|r%*r6bkf@heP|3(302W|?N`Sy*zfj+RNJfS-hHCYc)Z*kKbt?sRn@kIJ9R>BY{GyVg#Ju?YqLfsSxLaaQ"
        "aVk)}I3uwj70A~x*3r~as8yf<a6z5HzzC(8pmYF=cM9H3%IpBLI-uT3f_bL{s-y$2chZRS4yB%fd*^|DfHxzP2s5tuK!66YzrnGCt_9W4$"
        "Xd<=$s~vtRyIhWF)^e8={~S&0C5vmg8"
    )
)


def test_archives_of_the_same_arrays_are_the_same_whichever_python_wrote_them(tmp_path):
    older, newer, other = (tmp_path / f"{name}.npz" for name in ("older", "newer", "other"))
    older.write_bytes(_BY_AN_OLDER_PYTHON)
    np.savez(newer, a=np.arange(3), b=np.float64(0.5))
    np.savez(other, a=np.arange(3), b=np.float64(0.25))
    assert repeatable.content(older) == repeatable.content(newer) != repeatable.content(other)


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("claims.md", "| A | holds |\n| {title} | {x} |\n\n### A\n\none\n\n### {title}\n\n{x}\n\n## B\n\ntwo\n"),
        (
            "claims.html",
            "<tr>A</tr>\n<tr><th>{title}</th>{x}</tr>\n<h3>A</h3>\none\n<h3 id=''>{title}</h3>\n{x}\n<h2>B</h2>\ntwo\n",
        ),
    ],
)
def test_what_is_said_of_seconds_is_not_compared(tmp_path, name, page):
    found = []
    for seconds in ("0.19 s", "0.23 s"):
        (tmp_path / name).write_text(page.format(title="About as costly as the mixture", x=seconds))
        found.append(repeatable.content(tmp_path / name).decode())
    assert found[0] == found[1]
    assert "costly" not in found[0]
    assert [found[0].count(kept) for kept in ("A", "one", "B", "two")] == [2, 1, 1, 1]


def test_logs_reports_and_what_a_killed_writer_left_are_not_compared(tmp_path):
    for name in ("logs/a.log", "benchmarks/a.tsv", "README.md", "provenance.html", "data/.a.1234.npy", "data/a.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert repeatable.contents(tmp_path) == {"data/a.npy": b"x"}


def test_the_class_of_this_machine_has_a_plain_name():
    assert re.fullmatch(r"[a-z0-9.-]+-torch\d[a-z0-9.-]+-python3\.\d+", verify_build.machine_class())


@pytest.fixture
def records(tmp_path, monkeypatch):
    built = dict(FILES)
    monkeypatch.setattr(verify_build, "ROOT", tmp_path)
    monkeypatch.setattr(verify_build, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(verify_build, "machine_class", lambda: "a-machine")
    monkeypatch.setattr(verify_build, "_uncommitted", lambda: False)
    monkeypatch.setattr(verify_build, "build", lambda cores: (built, scores({"seed": 0, "fid": built["scores.csv"]})))
    return built


def test_a_machine_without_a_record_is_said_before_anything_is_built(records, monkeypatch):
    monkeypatch.setattr(verify_build, "build", None)
    with pytest.raises(SystemExit, match=r"no record of a-machine \(recorded: none\)\.\n`make verify RECORD=1`"):
        verify_build.main([])


def test_a_build_is_compared_with_its_record(records, capsys):
    verify_build.main(["--record"])
    verify_build.main([])
    assert "All 8 files are as recorded for a-machine." in capsys.readouterr().out
    records["scores.csv"] = "9"
    with pytest.raises(SystemExit) as caught:
        verify_build.main([])
    assert str(caught.value).splitlines() == [
        "scores: 1 of 2 files differ",
        "  results/scores.csv",
        "  dataset subset net model trial 0 sampler variant backbone split: fid 9 (recorded: 7)",
        "verify: not what was recorded for a-machine.",
    ]
