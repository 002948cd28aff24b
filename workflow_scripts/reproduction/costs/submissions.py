"""How many submissions to a cluster a build takes with the groups of `profiles/slurm`."""

from collections import defaultdict
from math import ceil

from reproduction.costs.jobs import Jobs
from reproduction.plan.figures import neighbour_samplers
from reproduction.plan.keys import Generation, Run

# Generations in one submission: `group-components` of the profile's `samples`.
GENERATIONS = 8
ALONE = ("train_model", "train_classifier", "train_backbone", "fetch_inception", "fetch_efficientnet")


def submissions(jobs: Jobs) -> int:
    """How many jobs run alone, plus groups: of data, references, a run's latents, a run's generations, artefacts."""
    alone = sum(len(items) for rule, items in jobs.items() if rule in ALONE or rule.startswith("download_"))
    references = {item[0] for rule in ("measure_unseen", "extract_reference") for item in jobs.get(rule, ())}
    return (
        alone
        + len(jobs.get("prepare_dataset", ()))
        + len(references)
        + len(jobs.get("embed_latents", set()) | jobs.get("render_history", set()))
        + sum(ceil(parts / GENERATIONS) for parts in _parts_of_runs(jobs).values())
        + _artefacts(jobs)
    )


def _parts_of_runs(jobs: Jobs) -> dict[Run, int]:
    """Parts per run: its generations, of which those that depend on one another (matched noise, neighbours) are one."""
    generations: dict[Run, set[Generation]] = defaultdict(set)
    for generation in jobs.get("draw_samples", ()):
        generations[generation.run].add(generation)
    compared = {generation.run for generation in jobs.get("find_neighbours", ())}
    parts = {}
    for run, found in generations.items():
        together = set(neighbour_samplers().values()) if run in compared else {"manifold", "jitter"}
        connected = [g for g in found if g.variant == "base" and g.sampler in together]
        parts[run] = len(found) - max(0, len(connected) - 1)
    return parts


def _artefacts(jobs: Jobs) -> int:
    """Each table and figure with its scores; Table 2 with the page of claims, as both wait for the classifiers."""
    rendered = len(jobs.get("render_table", ())) + len(jobs.get("render_figure", ()))
    others = any(rule in jobs for rule in ("write_claims", "write_provenance", "collect_all_scores"))
    return rendered + (others and "table2" not in jobs.get("render_table", ()))
