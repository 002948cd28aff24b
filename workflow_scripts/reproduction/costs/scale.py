"""What a whole build takes on so many devices of a machine, as Markdown for a terminal or a page."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reproduction.costs.estimate import ON_GPU
from reproduction.costs.graph import Graph, Job, job_graph
from reproduction.costs.machine import Machine
from reproduction.costs.machine_estimate import MachineEstimator
from reproduction.costs.schedule import Plan, critical_path, schedule
from reproduction.plan.keys import Generation, Run

DEVICE, CORE = "device", "core"
# Share of the critical path, or of all work, below which a job, or a rule, is not named.
SHOWN = 0.02
# Rules that are shown together at the end of the table of work.
SMALL = "all others"


class Scale(NamedTuple):
    """A build on one machine: its graph, the seconds of its jobs, and a plan for each number of devices."""

    graph: Graph
    seconds: Mapping[Job, float]
    plans: Mapping[int, Plan]


def plan_machine(estimator: MachineEstimator) -> Scale:
    """The plans of a whole build for each number of the machine's devices."""
    machine, graph = estimator.machine, job_graph(estimator.config)
    seconds = {job: estimator.seconds(*job) for job in graph}
    on_gpu = machine.device == "cuda"
    kinds = {job: DEVICE if not on_gpu or job.rule in ON_GPU else CORE for job in graph}
    plans = {}
    for count in machine.counts:
        places = {DEVICE: count} | ({CORE: count * machine.cores_per_device} if on_gpu else {})
        plans[count] = schedule(graph, seconds, kinds, places)
    return Scale(graph, seconds, plans)


def scale_text(scale: Scale, estimator: MachineEstimator) -> str:
    """Tables of the plans, of the work by rule and of the critical path, and what they rest on."""
    machine = estimator.machine
    parts = [
        f"The whole build on {machine.name} ({machine.source.strip()}):",
        _plans_table(scale, machine),
        _work_table(scale),
        _path_text(scale),
        _basis(scale, estimator),
    ]
    return "\n\n".join(parts)


def _plans_table(scale: Scale, machine: Machine) -> str:
    unit = "GPU" if machine.device == "cuda" else "core"
    price = f"cost, {machine.currency}" if machine.currency else "cost"
    rows = []
    for count, plan in scale.plans.items():
        booked = count * plan.seconds / 3600
        cost = f"{booked * machine.price_per_hour:,.2f}" if machine.currency else "no price given"
        share = plan.busy[DEVICE] / (count * plan.seconds) if plan.seconds else 0.0
        rows.append((f"{count:,}", duration(plan.seconds), _hours(3600 * booked), f"{100 * share:.0f} %", cost))
    return table((f"{unit}s", "until the end", f"{unit} hours booked", "of them at work", price), rows)


def _work_table(scale: Scale) -> str:
    by_rule: dict[str, list[float]] = {}
    for job, seconds in scale.seconds.items():
        by_rule.setdefault(job.rule, []).append(seconds)
    whole = sum(scale.seconds.values())
    large = {rule: parts for rule, parts in by_rule.items() if sum(parts) >= SHOWN * whole}
    small = [seconds for rule, parts in by_rule.items() if rule not in large for seconds in parts]
    ordered = sorted(large.items(), key=lambda named: -sum(named[1])) + ([(SMALL, small)] if small else [])
    rows = [
        (f"`{rule}`" if rule != SMALL else rule, f"{len(parts):,}", _hours(sum(parts)), duration(max(parts)))
        for rule, parts in ordered
    ]
    return table(("rule", "jobs", "hours", "longest job"), rows)


def _path_text(scale: Scale) -> str:
    path = critical_path(scale.graph, scale.seconds)
    whole = sum(scale.seconds[job] for job in path)
    shown = [job for job in path if scale.seconds[job] >= SHOWN * whole]
    named = [f"`{job.rule}` {_name(job.item)} ({duration(scale.seconds[job])})" for job in shown]
    others = f", and {len(path) - len(shown)} short ones" if len(path) > len(shown) else ""
    return f"Critical path, {duration(whole)} whatever the number of devices: {' → '.join(named)}{others}."


def _basis(scale: Scale, estimator: MachineEstimator) -> str:
    """Which seconds were measured, and where."""
    runs = {job.item for job in scale.graph if job.rule == "train_model"}
    measured = len(runs) - len(estimator.counted)
    devices = sorted({entry.name or "a core" for entry in estimator.known})
    where = f" on {', '.join(devices)}" if devices else ""
    speeds = f"{measured:,} from {len(estimator.known)} measured speeds{where}"
    flops = f"{len(estimator.counted):,} from FLOPs and stated efficiency"
    return f"Trainings: {speeds}, {flops}. Downloads are not counted."


def _name(item: object) -> str:
    if isinstance(item, Run | Generation):
        return item.key
    return "/".join(map(_name, item)) if isinstance(item, tuple) else str(item)


def _hours(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours:.2f}" if hours < 10 else f"{hours:,.0f}"


def duration(seconds: float) -> str:
    """Seconds in the largest unit of which they are two."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are numbers."""
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
