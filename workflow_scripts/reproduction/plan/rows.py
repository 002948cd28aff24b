"""The rows of the tables of models and samplers: the paper's, other options of its sampler, and controls."""

from typing import NamedTuple

from reproduction.config.config import Config
from reproduction.config.variants import baseline_of, describe_variant


class Row(NamedTuple):
    """A row of Table 1.

    `block` is `paper` (printed there), `variants` (of the paper's sampler), `baselines` (other samplers) or `controls`.
    """

    label: str
    model: str
    sampler: str
    block: str
    variant: str = "base"
    note: str = ""


PAPER_ROWS = (
    Row("AE - N(0, 1)", "ae", "prior", "paper"),
    Row("WAE", "wae", "prior", "paper"),
    Row("VAE - N(0, 1)", "vae", "prior", "paper"),
    Row("VAMP", "vamp", "prior", "paper"),
    Row("HVAE", "hvae", "prior", "paper"),
    Row("RHVAE", "rhvae", "prior", "paper"),
    Row("AE - GMM", "ae", "gmm", "paper"),
    Row("RAE (GP)", "rae_gp", "gmm", "paper"),
    Row("RAE (L2)", "rae_l2", "gmm", "paper"),
    Row("RAE (SN)", "rae_sn", "gmm", "paper"),
    Row("RAE", "rae", "gmm", "paper"),
    Row("VAE - GMM", "vae", "gmm", "paper"),
    Row("VAE - Ours", "vae", "manifold", "paper"),
)
# Table 3's rows, in its order.
SEARCH_ROWS = (
    Row("AE - N(0,1)", "ae", "prior", "paper"),
    Row("WAE", "wae", "prior", "paper"),
    Row("VAE - N(0,1)", "vae", "prior", "paper"),
    Row("VAMP", "vamp", "prior", "paper"),
    Row("VAE-NF", "vae_nf", "prior", "paper"),
    Row("VAE-IAF", "vae_iaf", "prior", "paper"),
    Row("AE - GMM", "ae", "gmm", "paper"),
    Row("RAE-GP", "rae_gp", "gmm", "paper"),
    Row("RAE-L2", "rae_l2", "gmm", "paper"),
    Row("VAE - GMM", "vae", "gmm", "paper"),
    Row("Ours", "vae", "manifold", "paper"),
    Row("Means + matched noise", "vae", "jitter", "controls", note="noise as large as the displacement of ours"),
    Row("Reconstructions", "vae", "reconstruction", "controls", note="training images, encoded and decoded"),
)
RELEASED_ROW = Row(
    "VAE - Ours, released", "vae", "manifold_released", "variants", note="the sampler as the authors' code has it"
)
CONTROL_ROWS = (
    Row("Real images", "vae", "real", "controls", note="training images: the floor"),
    Row("Reconstructions", "vae", "reconstruction", "controls", note="training images, encoded and decoded"),
    Row("Decoded means", "vae", "resample", "controls", note="training means drawn with replacement"),
    Row("Aggregate posterior", "vae", "posterior", "controls", note="draws from q(z|x) of random training images"),
    Row(
        "Means + matched noise", "vae", "jitter", "controls", note="Gaussian noise as large as the displacement of ours"
    ),
    Row("Means + KDE noise", "vae", "kde", "controls", note="Gaussian kernels, bandwidth by held-out likelihood"),
    Row("Noise images", "vae", "noise", "controls", note="uniform noise: the ceiling"),
)


BASELINE_ROWS = (
    Row(
        "VAE - Posterior kernels", "vae", "posterior_kde", "baselines", note="kernels s²Σ, s by held-out likelihood"
    ),
    Row(
        "VAE - Parzen windows", "vae", "parzen", "baselines",
        note="kernels shaped by the K nearest means, K and scale by held-out likelihood",
    ),
    Row("VAE - Neighbours", "vae", "neighbours", "baselines", note="mixtures of the 10 nearest means"),
    Row("VAE - Volume", "vae", "volume", "baselines", note="the distribution that our chains aim at, drawn exactly"),
    Row("VAE - GMM", "vae", "gmm", "baselines"),
)  # fmt: skip
_CHOSEN_GAUSSIANS = Row(
    "VAE - GMM, chosen", "vae", "gmm", "baselines", "componentsheldout", "as many Gaussians as held-out likelihood says"
)


def baseline_row(name: str) -> Row:
    """The row of a baseline of the config."""
    sampler, variant = baseline_of(name)
    if (sampler, variant) == (_CHOSEN_GAUSSIANS.sampler, _CHOSEN_GAUSSIANS.variant):
        return _CHOSEN_GAUSSIANS
    (row,) = (row for row in BASELINE_ROWS if row.sampler == sampler)
    if variant == "base":
        return row
    return row._replace(label=f"{row.label}, {describe_variant(variant)}", variant=variant, note="")


def table1_rows(config: Config) -> list[Row]:
    """The rows of Table 1: the paper's, other options of its sampler, other samplers, controls."""
    variants = [
        Row(f"VAE - Ours, {describe_variant(variant)}", "vae", "manifold", "variants", variant)
        for variant in config.artefacts.table1.variants
        if variant != "base"
    ]
    paper = [row for row in PAPER_ROWS if row.model in config.artefacts.table1.models]
    baselines = map(baseline_row, config.artefacts.table1.baselines)
    return [*paper, RELEASED_ROW, *variants, *baselines, *CONTROL_ROWS]
