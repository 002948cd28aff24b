"""What `make run` and `make demo` show of Snakemake's messages: progress, errors with their logs, and little else.

Snakemake loads it as its logger plugin `progress` (workflow_scripts/snakemake_logger_plugin_progress). All that it does
not show stands in the file of .snakemake/log that Snakemake names at its end.
"""

import logging
import sys
import threading
import time

from snakemake.logging import ColorizingTextHandler, DefaultFormatter, get_event
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from reproduction.runtime.progress import Progress

# Said at every start, or for every job.
ROUTINE = (
    *("Select jobs to execute", "Assuming unrestricted shared", "Using shell:", "Conda environments: ignored"),
    *("Config file ", "host: ", "Singularity containers: ignored"),
)
EVERY = 1.0  # seconds between two drawings of the bar, which has a clock


class BuildView(LogHandlerBase):
    """Snakemake's messages on a terminal or in a log; it works in a thread of its own, where Snakemake calls it."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Take what Snakemake would have printed to."""
        settings = self.common_settings
        settings.quiet = set()  # of a profile, it would hide failed jobs here, and everything in Snakemake's file
        self.stream = sys.stdout if settings.stdout else sys.stderr
        self.progress: Progress | None = None
        self._ended = threading.Event()
        # Coloured as Snakemake's own are; `as_ever` decorates and formats, and never writes.
        self.as_ever = ColorizingTextHandler(settings.nocolor, self.stream)
        self.as_ever.setFormatter(DefaultFormatter(settings.quiet, settings.show_failed_logs))

    def emit(self, record: logging.LogRecord) -> None:
        """Take in a message of Snakemake's."""
        event = get_event(record)
        if event == LogEvent.RUN_INFO:
            jobs = {rule: n for rule, n in record.stats.items() if rule != "total"}
            self.progress = Progress(self.stream, jobs)
            self.say(f"{sum(jobs.values())} jobs to do.")
        elif self.progress is not None and event in _STEPS:
            _STEPS[event](self, record)
        elif _is_shown(record):
            self.say(self.as_ever.decorate(record, self.as_ever.format(record)))
        if event == LogEvent.JOB_ERROR and self.progress is not None:
            self.progress.fail(record.jobid, record.created)

    def say(self, text: str) -> None:
        """Print a text, above the bar where there is one."""
        if self.progress is not None:
            self.progress.write(text)
        else:
            print(text, file=self.stream, flush=True)

    def close(self) -> None:
        """End with the bar as it is."""
        self._ended.set()
        with self.lock:
            if self.progress is not None:
                self.progress.close()
        super().close()

    def _start(self, record: logging.LogRecord) -> None:
        had_bar = self.progress.bar is not None
        name = " ".join([record.rule_name, *map(str, (record.wildcards or {}).values())])
        self.progress.start(record.jobid, record.rule_name, name, record.created)
        if self.progress.bar is not None and not had_bar:
            threading.Thread(target=self._keep_time, daemon=True).start()

    def _finish(self, record: logging.LogRecord) -> None:
        self.progress.finish(record.job_id, record.created)

    def _count(self, record: logging.LogRecord) -> None:
        self.progress.count(record.done, record.total, record.created)

    def _keep_time(self) -> None:
        while not self._ended.wait(EVERY):
            with self.lock:
                self.progress.refresh(time.time())


_STEPS = {
    LogEvent.JOB_INFO: BuildView._start,
    LogEvent.JOB_FINISHED: BuildView._finish,
    LogEvent.PROGRESS: BuildView._count,
}


def _is_shown(record: logging.LogRecord) -> bool:
    """Whether a message is shown: warnings, errors, and what Snakemake says neither at every start nor of every job."""
    if record.levelno >= logging.WARNING:
        return True
    plain = get_event(record) is None and not hasattr(record, "quietness") and record.levelno == logging.INFO
    return plain and not record.getMessage().startswith(ROUTINE)
