"""The hyper-parameter configurations that Tables 3 and 6 choose from (Appendices C.4 and G of the paper).

A trial is a run's model with some settings replaced; `t00` is the first of its model's list, `base` replaces nothing.
The paper names the values of each setting and that ten configurations were tried, not which combinations. Where there
are more combinations than ten, these are spread so that every named value occurs. A shortened search has the first ones
beside the config's own settings.
"""

from collections.abc import Mapping

from geovae.core.errors import GeovaeError

Trial = Mapping[str, float | int | str]


def _grid(**settings: tuple) -> tuple[Trial, ...]:
    """The i-th trial takes the i-th value of each setting."""
    return tuple(dict(zip(settings, values, strict=True)) for values in zip(*settings.values(), strict=True))


# The weights of Appendix C.4 all stand beside a squared error that is summed over pixels, as in the authors' library,
# whose settings they are named after; the config's stand beside a mean over pixels (see `searches`).
_WAE = _grid(
    kernel_bandwidth=(1.0, 2.0, 5.0, 0.5, 0.1, 0.01, 1.0, 2.0, 5.0, 0.5),
    lam=(10.0, 10.0, 1.0, 100.0, 100.0, 10.0, 0.1, 100.0, 0.01, 1.0),
)
_RAE = _grid(
    embedding_weight=(1e-4, 1e-3, 1e-6, 0.01, 1e-4, 0.1, 1e-3, 1.0, 1e-6, 0.01),
    reg_weight=(1e-6, 1e-6, 1e-4, 1e-4, 1e-3, 1e-3, 0.01, 0.1, 1.0, 1e-6),
)
TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "wae": _WAE,
    "rae_gp": _RAE,
    "rae_l2": _RAE,
    # Appendix C.4 names eleven numbers, Appendix G the ten without 189.
    "vamp": _grid(n_components=(500, 100, 300, 200, 50, 250, 150, 30, 20, 10, 189)),
    "vae_iaf": _grid(n_blocks=(2, 4, 1, 3, 5, 6, 7, 8, 9, 10)),
    "vae_nf": _grid(
        flow=("planar", "radial", "planar", "radial", "planar", "radial", "planar", "radial", "planar", "radial"),
        n_flows=(5, 5, 10, 10, 2, 2, 20, 20, 1, 1),
    ),
    "iwae": _grid(n_samples=(10, 5, 2, 8, 3, 6, 4, 12, 7, 9)),
    "aae": _grid(adversarial_loss_scale=(0.9, 0.5, 0.99, 0.1, 0.75, 0.95, 0.25, 0.999, 0.01, 0.001)),
    "vaegan": _grid(
        adversarial_loss_scale=(0.8, 0.3, 0.9, 0.5, 0.99, 0.7, 0.999, 0.3, 0.8, 0.9),
        reconstruction_layer=(3, 3, 2, 4, 3, 2, 4, 2, 4, 3),
    ),
}
# The models whose trials have weights beside a squared error summed over pixels.
WEIGHTED = ("wae", "rae_gp", "rae_l2")
# β of the figure of controls; not a search of the paper's.
BETAS = (1.0, 0.1, 0.01, 0.001)


def trial_values(model: str, trial: str) -> Trial:
    """What a trial replaces, as the paper names it; nothing for `base`.

    Raises:
        GeovaeError: the model has no such trial.
    """
    if trial == "base":
        return {}
    index, trials = int(trial.removeprefix("t")), TRIALS.get(model, ())
    if model == "vae":
        trials = _grid(beta=BETAS)
    if index >= len(trials):
        raise GeovaeError(f"trial {trial} of {model}: it has {len(trials)} trials, the first is t00.")
    return trials[index]


def describe_trial(model: str, trial: str) -> str:
    """A trial in words: "kernel_bandwidth 1, lam 10"; "the config's" for `base`."""
    values = trial_values(model, trial)
    if not values:
        return "the config's"
    return ", ".join(f"{name} {value:g}" if not isinstance(value, str) else value for name, value in values.items())
