"""How far a build is: a bar with the running rules on a terminal, one plain line a finished job elsewhere."""

import os
from collections import Counter
from collections.abc import Mapping
from typing import TextIO

from tqdm import tqdm

from reproduction.runtime.time_left import TimeLeft, in_words

BAR = "{percentage:3.0f}%|{bar:20}| {n}/{total} jobs [{elapsed}{postfix}]"


class Progress:
    """What is shown of a build; times are in seconds.

    Args:
        stream: where to show it.
        jobs: rule → how many jobs of it the build has.
    """

    def __init__(self, stream: TextIO, jobs: Mapping[str, int]) -> None:
        self.stream, self.done, self.total = stream, 0, sum(jobs.values())
        self.time_left = TimeLeft(jobs)
        self.bar: tqdm | None = None
        self._ended: list[str] = []
        self._names: dict[int, str] = {}

    def start(self, job: int, rule: str, name: str, at: float) -> None:
        """A job of a rule begins; `name` says which it is."""
        if self.bar is None and self.stream.isatty() and os.environ.get("TERM") != "dumb":
            tqdm.monitor_interval = 0  # no thread that watches bars: who shows this one refreshes it
            self.bar = tqdm(total=self.total, file=self.stream, bar_format=BAR, dynamic_ncols=True)
        self._names[job] = name
        self.time_left.start(job, rule, at)
        self.refresh(at)

    def finish(self, job: int, at: float) -> None:
        """A job is done; `count` follows. One that was not said to begin is counted and not named."""
        if job in self.time_left.running:
            taken = self.time_left.finish(job, at)
            self._ended.append(f"{self._names.pop(job)} ({taken:.0f} s)")

    def fail(self, job: int, at: float) -> None:
        """A job has failed."""
        self.time_left.fail(job)
        self.refresh(at)

    def count(self, done: int, total: int, at: float) -> None:
        """So many jobs are done by now."""
        self.done, self.total = done, total
        if self.bar is not None:
            self.refresh(at)
            if done == total:
                self.close()
        else:
            left = in_words(self.time_left.seconds(at) if done < total else None)
            parts = [f"{done} of {total} jobs done", f"{100 * done // max(1, total)}%", left]
            self.write(": ".join(filter(None, [", ".join(filter(None, parts)), ", ".join(self._ended)])))
        self._ended.clear()

    def refresh(self, now: float) -> None:
        """Draw the bar anew, where there is one."""
        if self.bar is None:
            return
        left = in_words(self.time_left.seconds(now) if self.done < self.total else None)
        rules = Counter(rule for rule, _ in self.time_left.running.values())
        running = ", ".join(f"{n} × {rule}" if n > 1 else rule for rule, n in rules.items())
        self.bar.total, self.bar.n = self.total, self.done
        self.bar.set_postfix_str(f"{left}{'; ' if left and running else ''}{running}", refresh=False)
        self.bar.refresh()

    def write(self, text: str) -> None:
        """Print a text, above the bar where there is one."""
        if self.bar is not None:
            self.bar.write(text, file=self.stream)
        else:
            print(text, file=self.stream, flush=True)

    def close(self) -> None:
        """Leave the terminal to what comes next."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
