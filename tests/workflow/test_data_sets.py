"""The paper's data sets through Snakemake: what is planned without them, and what is said when they are missing."""

import json
import os
from pathlib import Path

import pytest

from helpers.snakemake_runs import ROOT, output, run_command

DATA_DIR = Path(os.environ.get("GEOVAE_DATA_DIR", ROOT / "data")).resolve()
REAL_MNIST = DATA_DIR / "MNIST" / "raw" / "train-images-idx3-ubyte"


def with_config(folder, config, *arguments):
    return run_command(folder, "snakemake", "--cores", "1", *arguments, "--configfile", config)


def test_the_whole_paper_is_planned_without_data_or_network(project):
    result = with_config(project, "configs/paper.yaml", "--dry-run")
    assert result.returncode == 0, output(result)
    counts = {line.split()[0]: line.split()[1] for line in output(result).splitlines() if len(line.split()) == 2}
    for dataset in ("mnist", "svhn", "cifar10", "celeba", "oasis"):
        assert counts[f"download_{dataset}"] == "1"
    assert counts["fetch_inception"] == "1"
    assert "train_backbone" not in counts
    # Thousands of jobs are not shown one by one.
    assert int(counts["total"]) > 2000
    assert "rule train_model:" not in output(result)
    assert "--quiet host" in output(result)


def test_data_under_a_licence_are_asked_for_by_name(project):
    result = with_config(project, "configs/paper.yaml", "download_oasis")
    assert result.returncode != 0
    assert "data/oasis/" in output(result)
    assert "https://sites.wustl.edu/oasisbrains/" in output(result)
    assert "Traceback" not in output(result)


def test_a_mirror_that_is_no_address_is_said_at_once(project):
    (project / "mirror.yaml").write_text("mirror: ftp://example.org\n")
    result = run_command(
        project, "snakemake", "--cores", "1", "download_mnist", "--configfile", "configs/mnist_cpu.yaml", "mirror.yaml"
    )
    assert result.returncode != 0
    assert "ftp://example.org" in output(result)
    assert "Traceback" not in output(result)


@pytest.mark.skipif(not REAL_MNIST.is_file(), reason=f"the real MNIST is not in {DATA_DIR} (set GEOVAE_DATA_DIR)")
def test_mnist_in_the_data_folder_is_used_without_a_download(project):
    (project / "here.yaml").write_text(f"data_dir: {DATA_DIR}\n")
    arguments = ("results/data/mnist/test/card.json", "--configfile", "configs/mnist_cpu.yaml", "here.yaml")
    result = run_command(project, "snakemake", "--cores", "1", *arguments)
    assert result.returncode == 0, output(result)
    record = json.loads((project / "results/downloads/mnist.json").read_text())
    assert {entry["origin"] for entry in record["files"].values()} == {"found"}
    card = json.loads((project / "results/data/mnist/test/card.json").read_text())
    assert card["shape"] == [10_000, 1, 32, 32]
