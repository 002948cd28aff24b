"""Whether SLURM takes what will be submitted to it, asked before anything is.

The plugin of Snakemake submits in threads. What fails there is said late, and of a group of jobs not at all: its
handler of errors reads the rule of a job, which a group has none of, and the build waits for ever.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from types import SimpleNamespace

from geovae.core.errors import GeovaeError

PROGRAMS = ("sbatch", "squeue", "scancel", "sacctmgr")  # what the plugin and its profile call
SECONDS = 60.0  # that a controller may take to answer


def check_site(requests: Iterable[tuple[str, str]]) -> None:
    """Return if SLURM would take a job of each account and partition ("" where a job names none).

    Raises:
        GeovaeError: a program of SLURM is not on the path, or it refuses; with the reason that it gives.
    """
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if lacking:
        raise GeovaeError(
            f"SLURM: {', '.join(lacking)} not found on the path. Start it on a login node of the cluster, or load"
            " SLURM's module;\nwithout --profile profiles/slurm the build runs on this machine."
        )
    for accounts, partition in sorted(set(requests)):
        for account in re.split(r"[,\s]+", accounts):
            _ask(account, partition)


def _ask(account: str, partition: str) -> None:
    named = [f"--{name}={value}" for name, value in (("account", account), ("partition", partition)) if value]
    try:
        # It submits nothing; the time is one that any partition grants.
        words = ["sbatch", "--test-only", *named, "--time=1", "--wrap=true"]
        answer = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise GeovaeError(f"SLURM: sbatch gave no answer in {SECONDS:.0f} s. Look at `sinfo`.") from None
    if answer.returncode != 0:
        reason = " ".join((answer.stderr or answer.stdout).split()) or f"exit status {answer.returncode}"
        raise GeovaeError(
            f"SLURM refuses a job of {' '.join(named) or 'no account and no partition'}: {reason}\n"
            "Correct slurm_account and slurm_partition in profiles/slurm/config.yaml; `sinfo -s` and `sacctmgr show"
            " associations user=$USER` list them."
        )


def let_groups_fail(group_class: type) -> None:
    """Let an error of a submission end a group as it ends a job: give its class a `rule`, and show the reason.

    Args:
        group_class: Snakemake's GroupJob; it is changed once, and left as it is where it has a `rule`.
    """
    if hasattr(group_class, "rule"):
        return
    log_error = group_class.log_error

    def log_reason_and_error(group, msg: str | None = None, *arguments, **named) -> None:
        if msg:
            print(f"Group {group.name}: {msg}", file=sys.stderr, flush=True)
        log_error(group, msg, *arguments, **named)

    group_class.rule = property(lambda group: SimpleNamespace(name=group.name))
    group_class.log_error = log_reason_and_error
