"""Which generations each table and figure of scores needs."""

from collections.abc import Iterator

from reproduction.config.config import Config
from reproduction.config.trials import BETAS, trial_names
from reproduction.config.variants import variant_name
from reproduction.plan.keys import Generation, Run, run_of
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS, RELEASED_ROW, SEARCH_ROWS, Row, table1_rows

OURS = PAPER_ROWS[-1]
# Beside the paper's sampler wherever a score of it is compared: what the same model gives without the metric.
PEERS = tuple(row for row in PAPER_ROWS if row.model == "vae" and row.sampler in ("prior", "gmm"))
CURVE_CONTROLS = tuple(row for row in CONTROL_ROWS if row.sampler in ("reconstruction", "resample", "jitter", "kde"))
PLUGGED_SAMPLERS = ("prior", "manifold", "jitter", "reconstruction")
STAGE_SAMPLERS = ("reconstruction", "prior", "two_stage", "manifold", "jitter")


def table1_generations(config: Config) -> Iterator[Generation]:
    """Every generation that is a cell of Table 1, for every seed."""
    table = config.artefacts.table1
    for dataset in table.datasets:
        for seed in table.seeds:
            for row in table1_rows(config):
                yield Generation(run_of(config, dataset, row.model, seed, table.subset), row.sampler, row.variant)


def table3_generations(config: Config) -> Iterator[Generation]:
    """Every configuration of every row, net and seed of Table 3, and the controls of the VAE."""
    table = config.artefacts.table3
    for dataset in table.datasets:
        for net in table.nets:
            for seed in table.seeds:
                for row in (row for row in SEARCH_ROWS if row.model in table.models):
                    for trial in trial_names(row.model, table.n_trials):
                        run = run_of(config, dataset, row.model, seed, trial=trial, net=net)
                        yield Generation(run, row.sampler)


def table6_generations(config: Config) -> Iterator[Generation]:
    """Prior, the paper's sampler and two controls for every configuration of the models of Table 6."""
    table = config.artefacts.table6
    for dataset in table.datasets:
        for model in table.models:
            for trial in trial_names(model, table.n_trials):
                for seed in table.seeds:
                    run = run_of(config, dataset, model, seed, trial=trial, net=table.net)
                    yield from (Generation(run, sampler) for sampler in PLUGGED_SAMPLERS)


def table7_generations(config: Config) -> Iterator[Generation]:
    """Reconstructions, both stages, the paper's sampler and its control for the two-stage models of Table 7."""
    table = config.artefacts.table7
    for dataset in table.datasets:
        for net in table.nets:
            for seed in table.seeds:
                run = run_of(config, dataset, "two_stage", seed, net=net)
                yield from (Generation(run, sampler) for sampler in STAGE_SAMPLERS)


def training_size_rows(config: Config, figure: str) -> list[Row]:
    """The curves of Figure 4 or 11: the paper's rows, and controls."""
    models = getattr(config.artefacts, figure).models
    return [row for row in PAPER_ROWS if row.model in models] + list(CURVE_CONTROLS)


def training_size_generations(config: Config, figure: str) -> Iterator[Generation]:
    """Every row of Figure 4 or 11 on every subset."""
    section = getattr(config.artefacts, figure)
    for dataset in section.datasets:
        for subset in section.subsets:
            for seed in section.seeds:
                for row in training_size_rows(config, figure):
                    yield Generation(run_of(config, dataset, row.model, seed, subset), row.sampler)


def draw_variants(config: Config) -> list[str]:
    """The variants of Figure 12's random choices of centroids."""
    figure = config.artefacts.figure12
    return [variant_name(k=figure.k_draws, draw=draw) for draw in range(figure.n_draws)]


def figure12_generations(config: Config) -> Iterator[Generation]:
    """The paper's sampler with other numbers and choices of centroids, and its peers."""
    figure = config.artefacts.figure12
    variants = [variant_name(k=k) for k in {*figure.ks, figure.k_draws}] + draw_variants(config)
    yield from _variants_and_peers(config, figure.datasets, figure.seeds, variants)


def figure14_generations(config: Config) -> Iterator[Generation]:
    """The paper's sampler with other λ, and its peers."""
    figure = config.artefacts.figure14
    variants = [variant_name(k=figure.k, lam=lam) for lam in figure.lams]
    yield from _variants_and_peers(config, figure.datasets, figure.seeds, variants)


def _variants_and_peers(
    config: Config, datasets: list[str], seeds: list[int], variants: list[str]
) -> Iterator[Generation]:
    for dataset in datasets:
        for seed in seeds:
            run = run_of(config, dataset, "vae", seed)
            yield from (Generation(run, "manifold", variant) for variant in variants)
            yield from (Generation(run, row.sampler) for row in (OURS, *PEERS, *CURVE_CONTROLS))


def two_centroids(config: Config, dataset: str, seed: int) -> Generation:
    """The generation that a panel of Figure 13 shows."""
    return Generation(run_of(config, dataset, "vae", seed), "manifold", variant_name(k=2))


def figure13_generations(config: Config) -> Iterator[Generation]:
    """The paper's sampler with two centroids, and what it is compared with."""
    figure = config.artefacts.figure13
    for dataset in figure.datasets:
        generation = two_centroids(config, dataset, figure.seed)
        yield generation
        yield from (Generation(generation.run, sampler) for sampler in ("manifold", "resample"))


def two_stage_run(config: Config, seed: int) -> Run:
    """The two-stage model in the figure of controls."""
    figure = config.artefacts.figure_controls
    return run_of(config, figure.dataset, "two_stage", seed, net=figure.net)


def beta_trials(config: Config) -> list[str]:
    """The trials of the VAE with other β in the figure of controls."""
    return [f"t{index:02d}" for index in range(len(BETAS[: config.artefacts.figure_controls.n_betas]))]


def controls_generations(config: Config) -> Iterator[Generation]:
    """Points and curves of the figure of controls, and the chains whose diagnostics it shows."""
    figure = config.artefacts.figure_controls
    for seed in figure.seeds:
        run = run_of(config, figure.dataset, "vae", seed)
        yield from (Generation(run, row.sampler) for row in (*PEERS, OURS, RELEASED_ROW, *CONTROL_ROWS))
        yield Generation(two_stage_run(config, seed), "two_stage")
        yield from (Generation(run, "jitter", variant_name(sigma=scale)) for scale in figure.scales)
        yield from (Generation(run, "kde", variant_name(h=scale)) for scale in figure.scales)
        yield from (Generation(run, "manifold", variant_name(steps=steps)) for steps in figure.lengths)
        yield from (Generation(run, "manifold", variant_name(k=k)) for k in figure.ks)
        for trial in beta_trials(config):
            yield Generation(run_of(config, figure.dataset, "vae", seed, trial=trial), "manifold")


_GENERATIONS = {
    "table1": table1_generations,
    "table3": table3_generations,
    "table6": table6_generations,
    "table7": table7_generations,
    "figure4": lambda config: training_size_generations(config, "figure4"),
    "figure11": lambda config: training_size_generations(config, "figure11"),
    "figure12": figure12_generations,
    "figure13": figure13_generations,
    "figure14": figure14_generations,
    "figure_controls": controls_generations,
}


# The tables and figures that are rendered from scores.
SCORED = tuple(_GENERATIONS)


def score_table(artefact: str) -> str:
    """The file with the scores that one table or figure is rendered from."""
    return f"results/scores/{artefact}.csv"


def scored_generations(config: Config, *artefacts: str) -> list[Generation]:
    """Every generation that these tables and figures have the scores of, or all that the config asks for; sorted."""
    asked = [name for name in artefacts or SCORED if getattr(config.artefacts, name) is not None]
    return sorted({generation for name in asked for generation in _GENERATIONS[name](config)})
