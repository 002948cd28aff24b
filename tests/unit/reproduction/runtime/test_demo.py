"""The first look: what it starts, the small table, and failures."""

import os
import sys
from pathlib import Path

import pytest

from helpers.configs import configured, read
from helpers.paths import SCRIPTS
from reproduction.config.config import load_config
from reproduction.plan import job_settings
from reproduction.plan.cells import scored_generations
from reproduction.runtime import demo


def test_the_table_has_the_scores_of_each_row_in_order():
    scores = {"fid": "31.087", "prd_f8": "0.342", "prd_f1_8": "0.126", "novelty": "2.48", "novelty_latent": ""}
    rows = [{"row": label, "metric": name, "mean": mean} for label in ("VAE", "Ours") for name, mean in scores.items()]
    head, *lines = demo.small_table(rows).splitlines()
    assert head.split() == ["FID", "PRD", "novelty"]
    assert [line.split() for line in lines] == [[name, "31.09", "0.34/0.13", "2.48"] for name in ("VAE", "Ours")]
    assert len({len(line) for line in (head, *lines)}) == 1


def fake_snakemake(folder: Path, monkeypatch, code: str) -> None:
    """A program of that name which comes first on the path."""
    program = folder / "snakemake"
    program.write_text(f"#!{sys.executable}\nimport sys\n{code}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_build_that_fails_shows_its_output_and_ends_with_its_status(tmp_path, monkeypatch, capfd):
    fake_snakemake(tmp_path, monkeypatch, "print('error: lr is too high', file=sys.stderr)\nsys.exit(3)")
    with pytest.raises(SystemExit) as ended:
        demo.build("1", ["configs/demo.yaml"])
    assert capfd.readouterr().err == "error: lr is too high\n"
    assert "status 3" in ended.value.code


def test_the_config_files_and_cores_reach_snakemake_with_the_view_of_its_progress(tmp_path, monkeypatch):
    told = f"open({str(tmp_path / 'told')!r}, 'w').write(' '.join([*sys.argv[1:], os.environ['PYTHONPATH']]))"
    fake_snakemake(tmp_path, monkeypatch, f"import os\n{told}")
    demo.build("2", ["a.yaml", "b.yaml"])
    assert (tmp_path / "told").read_text() == f"--logger progress --cores 2 --configfile a.yaml b.yaml {SCRIPTS}"


def test_everything_in_it_is_part_of_the_default_build():
    """Jobs of the same keys and settings: `make run` finds them done."""
    demo_config, default = load_config(configured("configs/demo.yaml")), load_config(read("config.yaml"))
    ours, all_of_it = scored_generations(demo_config), scored_generations(default)
    assert 10 < len(ours) < 15
    assert {generation.run.model for generation in ours} == {"vae"}
    assert set(ours) <= set(all_of_it)
    for generation in ours:
        hashes = {job_settings.config_sha256(config, generation) for config in (demo_config, default)}
        assert len(hashes) == 1, generation
