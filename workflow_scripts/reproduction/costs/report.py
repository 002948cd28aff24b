"""The estimate as text for a terminal."""

from collections.abc import Mapping

from reproduction.costs.estimate import Cost
from reproduction.costs.throughput import GPU_IN_CORES

HEADER = ("artefact", "jobs", "trainings", "core hours", "GPU hours")


def costs_text(
    costs: Mapping[str, Cost], device: str, cores: int, n_submissions: int, n_histories: int, assumed: bool
) -> str:
    """A table of the costs and what they rest on.

    Args:
        costs: name → cost; the last is the whole build.
        device: `cpu` or `cuda`.
        cores: how many cores compute at the same time.
        n_submissions: submissions of the whole build to a cluster.
        n_histories: finished trainings whose own speeds the estimate uses.
        assumed: whether nothing was measured on this kind of device.
    """
    rows = [HEADER, *((name, *_fields(cost, device)) for name, cost in costs.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = []
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *right]))
    lines.insert(1, "-" * len(lines[0]))
    lines.insert(-1, "-" * len(lines[0]))
    whole = list(costs.values())[-1]
    busy = f"{whole.core_hours / cores:.1f} hours on {cores} core{'s' if cores > 1 else ''}"
    busy += f" and {whole.gpu_hours:.1f} hours of one GPU" if device == "cuda" else ""
    notes = [
        "Each artefact as if it were built alone; the whole build shares what they have in common.",
        f"The whole build: about {busy}; with profiles/slurm {n_submissions:,} submissions.",
        f"Speeds: {n_histories} finished trainings under results/, the others from measured ones of the default build.",
    ]
    if assumed:
        notes.append(f"No training on a GPU was measured: a GPU is taken to do the work of {GPU_IN_CORES:,.0f} cores.")
    return "\n".join([*lines, "", *notes])


def _fields(cost: Cost, device: str) -> tuple[str, str, str, str]:
    gpu_hours = _hours(cost.gpu_hours) if device == "cuda" else "-"
    return str(cost.jobs), str(cost.trainings), _hours(cost.core_hours), gpu_hours


def _hours(hours: float) -> str:
    return f"{hours:.2f}" if hours < 10 else f"{hours:,.0f}"
