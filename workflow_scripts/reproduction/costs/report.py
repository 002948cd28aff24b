"""The estimate as text for a terminal."""

from collections.abc import Mapping

from reproduction.costs.estimate import Cost

HEADER = ("artefact", "jobs", "trainings", "core hours", "GPU hours")


def costs_text(costs: Mapping[str, Cost], device: str, n_submissions: int) -> str:
    """A table of the costs.

    Args:
        costs: name → cost; the last is the whole build.
        device: `cpu` or `cuda`.
        n_submissions: submissions of the whole build to a cluster.
    """
    rows = [HEADER, *((name, *_fields(cost, device)) for name, cost in costs.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    lines = []
    for name, *cells in rows:
        right = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *right]))
    lines.insert(1, "-" * len(lines[0]))
    lines.insert(-1, "-" * len(lines[0]))
    notes = [
        "Each artefact as if it were built alone; the whole build shares what they have in common.",
        f"With profiles/slurm the whole build makes {n_submissions:,} submissions.",
    ]
    return "\n".join([*lines, "", *notes])


def _fields(cost: Cost, device: str) -> tuple[str, str, str, str]:
    gpu_hours = _hours(cost.gpu_hours) if device == "cuda" else "-"
    return str(cost.jobs), str(cost.trainings), _hours(cost.core_hours), gpu_hours


def _hours(hours: float) -> str:
    return f"{hours:.2f}" if hours < 10 else f"{hours:,.0f}"
