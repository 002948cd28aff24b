"""The first look: progress from Snakemake's lines, on a terminal and in a log, the small table, and failures."""

import io
import os
import sys
from pathlib import Path

import pytest

from helpers.configs import configured, read
from reproduction.config.config import load_config
from reproduction.plan import job_settings
from reproduction.plan.cells import scored_generations
from reproduction.runtime import demo

LINES = [
    "Job stats:",
    "train_model                      1",
    "total                           40",
    "Select jobs to execute...",
    "rule train_model:",
    "    output: results/runs/model.safetensors",
    *[line for done in range(1, 41) for line in ("Finished jobid: 3 (Rule: x)", f"{done} of 40 steps ({done}%) done")],
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    progress = demo.BuildProgress(stream)
    for line in LINES:
        progress.read(line)
    progress.close()
    return stream.getvalue()


def test_a_log_gets_some_plain_lines():
    lines = shown(io.StringIO()).splitlines()
    assert lines == [f"{done} of 40 jobs done" for done in range(2, 41, 2)]


def test_a_terminal_gets_a_bar_with_the_rule_that_started_last():
    text = shown(Terminal())
    assert "0/40" in text
    assert "train_model" in text
    assert text.rstrip().rpartition("\r")[2].startswith("100%|")
    assert "40/40" in text


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


def test_a_build_that_fails_shows_the_end_of_its_output(tmp_path, monkeypatch):
    lines = "print(*(f'line {n}' for n in range(100)), sep='\\n', flush=True)"
    fake_snakemake(tmp_path, monkeypatch, f"{lines}\nprint('error: lr is too high', file=sys.stderr)\nsys.exit(3)")
    with pytest.raises(SystemExit) as ended:
        demo.build("1", ["configs/demo.yaml"], io.StringIO())
    assert "error: lr is too high" in ended.value.code
    assert "status 3" in ended.value.code
    assert "line 30\n" not in ended.value.code


def test_the_config_files_and_cores_reach_snakemake(tmp_path, monkeypatch):
    fake_snakemake(tmp_path, monkeypatch, f"open({str(tmp_path / 'told')!r}, 'w').write(' '.join(sys.argv[1:]))")
    demo.build("2", ["a.yaml", "b.yaml"], io.StringIO())
    assert (tmp_path / "told").read_text() == "--cores 2 --configfile a.yaml b.yaml"


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
