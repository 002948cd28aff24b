"""Snakemake where the surroundings are odd: variables, caches, folders, clocks, and a build that was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from geovae.training.history import save_history
from helpers.dry_runs import jobs_of
from helpers.snakemake_runs import copy_project, output, run_command, run_snakemake

CARD = "results/data/digits/train/card.json"
HISTORY = "results/runs/digits/full/conv/vae/base/seed0/history.png"


def test_a_folder_with_braces_is_refused_in_a_line(tmp_path):
    folder = copy_project(tmp_path / "a{b}")
    result = run_snakemake(folder, "--dry-run")
    assert result.returncode == 1
    assert f"{folder}: Snakemake takes braces in this path for wildcards. Move or rename the folder." in result.stderr
    assert "Traceback" not in output(result)


def test_a_job_inherits_neither_packages_nor_switches(project, tmp_path):
    """Prepared data and a plot, with other packages on the path and variables that end every script of Python."""
    for name in ("sklearn", "matplotlib"):
        (tmp_path / "foreign" / name).mkdir(parents=True)
        (tmp_path / "foreign" / name / "__init__.py").write_text(f"raise SystemExit('a foreign {name}')")
    foreign = {
        "PYTHONPATH": str(tmp_path / "foreign"),
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "ignore",  # `error` ends Snakemake itself
        "MPLBACKEND": "nonsense",
        "GIT_DIR": str(tmp_path),
        "HOME": str(tmp_path),
        "LC_ALL": "C",
    }
    history = project / HISTORY.replace(".png", ".csv")
    history.parent.mkdir(parents=True)
    save_history(history, [{"epoch": i, "train_loss": 2.0 / i, "validation_loss": 3.0 / i, "lr": 0.1} for i in (1, 2)])
    result = run_snakemake(project, CARD, HISTORY, "--allowed-rules", "prepare_dataset", "render_history", **foreign)
    assert result.returncode == 0, output(result)
    assert (project / HISTORY).read_bytes().startswith(b"\x89PNG")


def test_files_of_the_future_are_named_before_the_first_job(project):
    assert run_snakemake(project, CARD).returncode == 0
    images = "results/data/digits/train/images.npy"
    os.utime(project / images, (time.time() + 5 * 86400,) * 2)
    result = run_snakemake(project, "results/data/digits/subsets/full/train.npy")
    assert result.returncode == 1
    assert f"{images}: its time is 5 days in the future" in output(result)
    assert "newermt now -exec touch" in output(result)
    assert "rule draw_subset" not in output(result).split("Select jobs to execute")[-1]


def test_what_a_killed_build_leaves_locked_is_unlocked_and_what_a_living_one_holds_is_not(project):
    """A SIGKILL, then the command of `make unlock`; a second build beside a living one changes nothing for it."""
    command = ("snakemake", "--cores", "1", "results/downloads/none.json", "--snakefile", "Locked")
    (project / "Locked").write_text(
        'include: "rules/common.smk"\n\n\nrule wait:\n    output:\n        "results/downloads/none.json",\n'
        '    shell:\n        "sleep 60"\n'
    )
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with subprocess.Popen(command, cwd=project, env=environment, stdout=-3, stderr=-3, start_new_session=True) as build:
        end = time.monotonic() + 60
        while not any((project / ".snakemake/locks").glob("*")):
            assert build.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        unlock = ("python", "-m", "reproduction.runtime.liveness")
        refused = run_command(project, *unlock, PYTHONPATH="workflow_scripts")
        assert refused.returncode == 1
        assert "Snakemake runs in this folder." in refused.stderr
        os.killpg(build.pid, signal.SIGKILL)
    assert any((project / ".snakemake/locks").glob("*"))
    done = run_command(project, *unlock, PYTHONPATH="workflow_scripts")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Unlocked: " in done.stdout
    result = run_command(project, *command, "--dry-run")
    assert result.returncode == 0, output(result)


def test_an_odd_folder_is_built_in(tmp_path):
    folder = copy_project(tmp_path / '-a clone\'s "place" $HOME ö')
    result = run_snakemake(folder, CARD, cores=1, LC_ALL="C")
    assert result.returncode == 0, output(result)
    assert (folder / CARD).is_file()


def test_config_files_that_snakemake_would_stumble_over_are_refused_before_it_reads_them(project):
    """One that it would end in a traceback on, one that it would wait for, and one whose code it would run."""
    (project / "latin.yaml").write_bytes(b"base: caf\xe9\n")
    os.mkfifo(project / "pipe.yaml")
    code = "import pathlib; pathlib.Path('pwned').touch()"
    (project / "code.yaml").write_text(
        yaml.safe_dump({"base": "default", "__use_yte__": True, "__definitions__": [code]})
    )
    said = {
        "latin.yaml": "latin.yaml, line 1: this is no UTF-8 text. Save the file in UTF-8.",
        "pipe.yaml": "pipe.yaml: this is no regular file. Correct the name of the config file.",
        "code.yaml": "code.yaml, line 3: __use_yte__ would run code, which a config file has none of. Remove it.",
    }
    for name, words in said.items():
        result = run_command(project, "snakemake", "--dry-run", "--configfile", name)
        assert result.returncode == 1
        assert result.stderr.splitlines()[-1] == words
    assert not list(project.rglob("pwned"))


def test_texts_that_harm_in_a_shell_are_one_argument_each(project):
    harmful = "'; touch pwned; '\"$(touch pwned)`touch pwned`* \\ -x"
    address = f"http://host/{harmful.replace(' ', '')}"
    config = {
        "base": "default",
        "data_dir": harmful,
        "mirror": address,
        "datasets": {"mnist": {}, "folder": {"options": {"path": harmful, "labels": f"{harmful}.csv"}}},
    }
    (project / "mine.yaml").write_text(yaml.safe_dump(config))
    targets = ("results/downloads/mnist.json", "results/data/folder/train/card.json")
    result = run_command(project, "snakemake", "--dry-run", *targets, "--configfile", "mine.yaml")
    assert result.returncode == 0, output(result)
    commands = {job.rule: job.arguments for job in jobs_of(result.stdout) if job.arguments}
    download, prepare = commands["download_mnist"], commands["prepare_dataset"]
    assert download[download.index("--data-dir") + 1] == harmful
    assert download[download.index("--mirror") + 1] == address
    options = json.loads(prepare[prepare.index("--options") + 1])
    assert (options["path"], options["labels"]) == (harmful, f"{harmful}.csv")
    assert not list(project.rglob("pwned"))
