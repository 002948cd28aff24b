"""What the page of claims gets of the config: which records each claim is judged by, as JSON with sorted keys."""

from typing import Any

from reproduction.config.config import Config
from reproduction.config.variants import variant_options
from reproduction.plan.augmentation import class_subsets, sources
from reproduction.plan.cells import SCORED, ours, scored_generations, section
from reproduction.plan.comparisons import claimed_records
from reproduction.plan.job_settings import text
from reproduction.plan.render_settings import training_sizes


def _table2(config: Config) -> dict[str, Any]:
    table = config.artefacts.table2
    rows = [source.row for source in sources(config) if source.row and source.block == "paper"]
    names = {f"{row.model}/{row.sampler}": row.label for row in rows}
    return {
        "dataset": table.dataset,
        "raw": "raw",
        "ours": "vae/manifold",
        "others": [name for name in names if name != "vae/manifold"],
        "labels": names | {"raw": "Original"},
        "scores": ["balanced_accuracy", *(f"f1_{name}" for name in class_subsets(config))],
    }


def _lengths_of_table1(config: Config) -> list[dict[str, Any]]:
    """The rows of Table 1 that differ from the paper's sampler in the length of the chain alone."""
    options = {name: variant_options(name) for name in config.artefacts.table1.variants}
    return [
        ours(f"N = {told['steps']:,}", name, n_steps=told["steps"])
        for name, told in options.items()
        if told.keys() == {"steps"}
    ]


def _about(config: Config, name: str) -> dict[str, Any]:
    """What the claims are told of a data set."""
    protocol = config.protocol(name)
    # The paper has numbers on these images, at whatever size.
    in_paper = protocol.in_paper or protocol.published_as or protocol.taken_from()
    told = {"name": name, "stand_in": not in_paper, "n_steps": protocol.samplers.manifold.n_steps}
    told |= {key: getattr(protocol, key) for key in ("title", "net")}
    return told | ({"part_of": protocol.taken_from()} if protocol.taken_from() else {})


def claims(config: Config) -> str:
    """For write_claims: the data sets, and the cells of each table and figure that this build has."""
    datasets = [_about(config, name) for name in _used(config)]
    built = [name for name in SCORED if getattr(config.artefacts, name) is not None]
    sections = {name.replace("figure_controls", "controls"): section(config, name) for name in built}
    for name in {"figure4", "figure11"} & set(built):
        sections[name] |= training_sizes(config, name)
    if config.artefacts.table2 is not None:
        sections["table2"] = _table2(config)
    if config.artefacts.table1 is not None:
        sections["table1"] |= {"lengths": _lengths_of_table1(config)}
    for name, (kind, run, _) in claimed_records(config).items():
        sections.setdefault(kind, {"runs": []})["runs"].append(
            {"dataset": run.dataset, "seed": run.seed, "record": name}
        )
    split = config.artefacts.table1.split if config.artefacts.table1 else "test"
    return text({"split": split, "backbone": config.evaluation.backbone, "datasets": datasets, **sections})


def _used(config: Config) -> list[str]:
    """The data sets with scores or measurements, in the order of the registry."""
    names = {generation.run.dataset for generation in scored_generations(config)}
    names |= {run.dataset for _, run, _ in claimed_records(config).values()}
    names |= {config.artefacts.table2.dataset} if config.artefacts.table2 else set()
    return [name for name in config.datasets.names() if name in names]
