"""From a build to its record, where parts of the build are not there."""

import pytest

from geovae.core.errors import GeovaeError
from reproduction.config.layers import merged
from reproduction.evidence.builds import config_content
from reproduction.evidence.keep import keep, processor_seconds


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
    with pytest.raises(GeovaeError, match="no score of this config"):
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
