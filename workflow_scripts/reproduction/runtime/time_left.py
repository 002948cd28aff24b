"""How long a build will take yet, from what it has done so far."""

from collections.abc import Mapping

# Of the jobs that are left, the share whose rules must have been timed before anything is said for the first time.
TIMED = 2 / 3


class TimeLeft:
    """An estimate from the jobs that have finished: their mean time by rule, and how many run side by side.

    Jobs of one rule may differ (a training of CelebA and one of digits), so it is as good as those that are done are
    alike to those that are left. Jobs that will not run since one before them failed count as left.

    Args:
        jobs: rule → how many jobs of it the build has.
    """

    def __init__(self, jobs: Mapping[str, int]) -> None:
        self.left = dict(jobs)
        self.running: dict[int, tuple[str, float]] = {}
        self._began: float | None = None
        self._taken: dict[str, list[float]] = {}
        self._said = False

    def start(self, job: int, rule: str, at: float) -> None:
        """A job begins, `at` this time in seconds."""
        self.running[job] = (rule, at)
        self._began = at if self._began is None else self._began

    def finish(self, job: int, at: float) -> float:
        """A job is done; the seconds that it took."""
        rule, start = self.running.pop(job)
        self._taken.setdefault(rule, []).append(at - start)
        self.left[rule] = max(0, self.left.get(rule, 0) - 1)
        return at - start

    def fail(self, job: int) -> None:
        """A job has failed; it may start again."""
        self.running.pop(job, None)

    def seconds(self, now: float) -> float | None:
        """Seconds until the end, or None until enough of the rules have been timed for the first time."""
        timed = sum(n for rule, n in self.left.items() if rule in self._taken)
        self._said |= bool(self._taken) and timed >= TIMED * sum(self.left.values())
        if not self._said:
            return None
        taken = [seconds for of_rule in self._taken.values() for seconds in of_rule]
        means = {rule: sum(of_rule) / len(of_rule) for rule, of_rule in self._taken.items()}
        usual = sum(taken) / len(taken)
        elapsed = [(means.get(rule, usual), now - start) for rule, start in self.running.values()]
        work = sum(n * means.get(rule, usual) for rule, n in self.left.items())
        work -= sum(min(mean, seconds) for mean, seconds in elapsed)
        done = sum(taken) + sum(seconds for _, seconds in elapsed)
        return work * (now - self._began) / done if done > 0 else 0.0


def in_words(seconds: float | None) -> str:
    """An estimate as it is shown: `about 1 h 20 min left`; empty for None."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute left"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"about {days} d {hours} h left"
    return f"about {hours} h {minutes} min left" if hours else f"about {minutes} min left"
