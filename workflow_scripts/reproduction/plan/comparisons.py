"""What is measured on trained VAEs besides their samples, and which runs that needs."""

from reproduction.config.config import Config
from reproduction.config.trials import BETAS
from reproduction.plan.keys import Run, run_of

# Figure -> its records: the arrays that it is drawn from, and the scores beside them.
RECORDS = {"figure_pullback": "pullback", "figure_interpolation": "interpolation"}


def pullback_runs(config: Config) -> dict[Run, float]:
    """The runs of the figure of the pull-back metric, each with its β; a data set's own β is not trained twice."""
    figure = config.artefacts.figure_pullback
    found = {}
    for dataset in figure.datasets:
        own = config.protocol(dataset).models.vae.beta
        trials = {"base": own}
        if dataset in figure.beta_datasets:
            trials |= {f"t{i:02d}": beta for i, beta in enumerate(BETAS[: figure.n_betas]) if beta != own}
        for trial, beta in sorted(trials.items(), key=lambda named: -named[1]):
            found |= {run_of(config, dataset, "vae", seed, trial=trial): beta for seed in figure.seeds}
    return found


def compared_runs(config: Config, figure: str) -> list[Run]:
    """The runs that a figure of comparisons is drawn from, those of a data set beside one another."""
    if figure == "figure_pullback":
        return list(pullback_runs(config))
    section = getattr(config.artefacts, figure)
    return [run_of(config, dataset, "vae", seed) for dataset in section.datasets for seed in section.seeds]


def claimed_records(config: Config) -> dict[str, tuple[str, Run, str]]:
    """Figure's kind, run and file of the scores that claims are judged by, by name: of each data set's own β."""
    return {
        f"{kind}_{record_name(run, 'scores')}": (kind, run, record_paths(run, figure)["scores"])
        for figure, kind in RECORDS.items()
        if getattr(config.artefacts, figure) is not None
        for run in compared_runs(config, figure)
        if run.trial == "base"
    }


def record_paths(run: Run, figure: str) -> dict[str, str]:
    """The arrays and the scores of a run in a figure of comparisons."""
    return {
        kind: f"{run.folder}/{RECORDS[figure]}.{suffix}" for kind, suffix in (("arrays", "npz"), ("scores", "json"))
    }


def record_name(run: Run, kind: str) -> str:
    """What the renderer calls a record of a run."""
    return f"{run.dataset}_{run.trial}_seed{run.seed}_{kind}"


def comparison_inputs(config: Config, figure: str) -> dict[str, str]:
    """Name and path of everything that a figure of comparisons is drawn from."""
    return {
        record_name(run, kind): path
        for run in compared_runs(config, figure)
        for kind, path in record_paths(run, figure).items()
    }
