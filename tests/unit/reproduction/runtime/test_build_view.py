"""What `snakemake --logger progress` shows: Snakemake's own messages, given to the plugin as Snakemake gives them."""

import io
import logging
import sys

import pytest
from snakemake.logging import LoggerManager
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from helpers.paths import SCRIPTS
from helpers.terminals import Terminal

ERROR = {
    "rule_name": "train_model",
    "rule_msg": None,
    "input": [],
    "output": [],
    "conda_env": None,
    "shellcmd": "python train_model.py",
    "aux": {},
    "indent": False,
}


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")


def started(stream: io.StringIO, monkeypatch) -> tuple[logging.Logger, LoggerManager]:
    """A logger with the view alone, as Snakemake makes it of `--logger progress` and a quiet profile."""
    monkeypatch.setattr(sys, "stderr", stream)
    logger = logging.Logger("build")
    settings = OutputSettings(
        quiet={Quietness.RULES, Quietness.PROGRESS},
        show_failed_logs=True,
        log_handler_settings={"progress": LogHandlerSettingsBase()},
    )
    return logger, LoggerManager(logger, settings)


@pytest.fixture
def plugin(monkeypatch):
    """Snakemake finds the plugin by its folder on the path."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(LoggerPluginRegistry, "_instance", None)
    assert "progress" in LoggerPluginRegistry().get_registered_plugins()


def say(logger: logging.Logger, event: LogEvent | None, message: str | None = None, **extra: object) -> None:
    level = logging.ERROR if event in (LogEvent.ERROR, LogEvent.JOB_ERROR) else logging.INFO
    logger.log(level, message, extra={"event": event, **extra} if event else extra)


def start(logger: logging.Logger, job: int, rule: str, **wildcards: str) -> None:
    say(logger, LogEvent.JOB_INFO, f"Rule: {rule}", jobid=job, rule_name=rule, wildcards=wildcards)
    say(logger, LogEvent.SHELLCMD, "Shell command: python", shellcmd="python")


def finish(logger: logging.Logger, job: int, done: int, total: int) -> None:
    say(logger, LogEvent.JOB_FINISHED, f"Finished jobid: {job}", job_id=job)
    say(logger, LogEvent.PROGRESS, None, done=done, total=total)


def small_build(logger: logging.Logger) -> None:
    say(logger, None, "Building DAG of jobs...")
    say(logger, LogEvent.WORKFLOW_STARTED, "Workflow has started!")
    say(logger, None, "Using shell: /usr/bin/bash")
    say(logger, LogEvent.RUN_INFO, "Job stats: …", stats={"train_model": 2, "all": 1, "total": 3})
    say(logger, None, "Select jobs to execute...")
    start(logger, 1, "train_model", run="digits/full/conv/vae/base/seed0")
    start(logger, 2, "train_model", run="digits/full/conv/ae/base/seed0")
    finish(logger, 1, 1, 3)
    finish(logger, 2, 2, 3)
    start(logger, 0, "all")
    finish(logger, 0, 3, 3)
    say(logger, None, "Complete log(s): /x/y.log")


@pytest.mark.usefixtures("plugin")
def test_a_log_gets_a_line_for_each_finished_job(monkeypatch):
    stream = io.StringIO()
    logger, manager = started(stream, monkeypatch)
    small_build(logger)
    manager.stop()
    assert stream.getvalue().splitlines() == [
        "Building DAG of jobs...",
        "3 jobs to do.",
        "1 of 3 jobs done, 33%: train_model digits/full/conv/vae/base/seed0 (0 s)",
        "2 of 3 jobs done, 66%: train_model digits/full/conv/ae/base/seed0 (0 s)",
        "3 of 3 jobs done, 100%: all (0 s)",
        "Complete log(s): /x/y.log",
    ]


@pytest.mark.usefixtures("plugin")
def test_a_terminal_gets_a_bar_with_the_running_rules(monkeypatch):
    stream = Terminal()
    logger, manager = started(stream, monkeypatch)
    small_build(logger)
    manager.stop()
    drawn = stream.getvalue().replace("\r", "\n").splitlines()
    assert any("0/3 jobs" in line and "2 × train_model]" in line for line in drawn)
    assert any("2/3 jobs" in line and ", all]" in line for line in drawn)
    assert [line for line in drawn if "3/3 jobs" in line][-1].startswith("100%|")
    # After the bar, below it.
    assert drawn[-1].strip() == "\x1b[33mComplete log(s): /x/y.log\x1b[0m"
    assert "Shell command" not in stream.getvalue()


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_job_that_fails_is_shown_with_rule_and_log_whatever_a_profile_hides(kind, monkeypatch, tmp_path):
    stream, log = kind(), tmp_path / "train.log"
    log.write_text("error: lr is too high\n")
    logger, manager = started(stream, monkeypatch)
    say(logger, LogEvent.RUN_INFO, "Job stats: …", stats={"train_model": 1, "all": 1, "total": 2})
    start(logger, 1, "train_model", run="digits")
    say(
        logger,
        LogEvent.JOB_ERROR,
        "Error in rule train_model, jobid: 1",
        jobid=1,
        log=[str(log)],
        **ERROR,
    )
    say(logger, LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.")
    manager.stop()
    text = stream.getvalue()
    assert text.index("Error in rule train_model:") < text.index("error: lr is too high") < text.index("At least one")
    assert "train_model]" not in text[text.index("At least one") :]  # it does not run any more


@pytest.mark.usefixtures("plugin")
def test_snakemakes_own_file_keeps_what_is_not_shown(monkeypatch, tmp_path):
    logger, manager = started(io.StringIO(), monkeypatch)
    manager.setup_logfile(tmp_path)
    start_of = {"local": False, "is_checkpoint": False, "input": [], "output": ["model.json"], "log": []}
    rest = {"benchmark": None, "reason": "missing", "priority": 0, "threads": 1, "resources": {}, "indent": False}
    say(
        logger,
        LogEvent.JOB_INFO,
        "Rule: train_model",
        jobid=1,
        rule_name="train_model",
        rule_msg=None,
        wildcards={},
        **start_of,
        **rest,
    )
    manager.stop()
    (written,) = (tmp_path / ".snakemake/log").iterdir()
    assert "rule train_model:\n    output: model.json\n    jobid: 1\n    reason: missing" in written.read_text()


@pytest.mark.usefixtures("plugin")
def test_a_job_that_was_not_said_to_begin_is_counted(monkeypatch):
    stream = io.StringIO()
    logger, manager = started(stream, monkeypatch)
    say(logger, LogEvent.RUN_INFO, "Job stats: …", stats={"train_model": 2, "total": 2})
    finish(logger, 7, 1, 2)
    start(logger, 1, "train_model")
    finish(logger, 1, 2, 2)
    manager.stop()
    assert stream.getvalue().splitlines()[1:] == ["1 of 2 jobs done, 50%", "2 of 2 jobs done, 100%: train_model (0 s)"]


@pytest.mark.usefixtures("plugin")
def test_the_time_left_is_said_once_it_is_known(monkeypatch):
    stream = io.StringIO()
    logger, manager = started(stream, monkeypatch)
    said = logging.getLogRecordFactory()
    clock = iter(range(0, 10_000, 100))

    def at_known_times(*given, **words):
        record = said(*given, **words)
        record.created = float(next(clock))
        return record

    say(logger, LogEvent.RUN_INFO, "Job stats: …", stats={"train_model": 5, "total": 5})
    monkeypatch.setattr(logging, "_logRecordFactory", at_known_times)
    start(logger, 1, "train_model")  # 0 s, and its command 100 s
    finish(logger, 1, 1, 5)  # 200 s
    manager.stop()
    assert stream.getvalue().splitlines()[1] == "1 of 5 jobs done, 20%, about 20 min left: train_model (200 s)"
