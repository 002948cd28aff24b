"""The samplers by name, and what each reads.

A sampler is a function (context, n, key, **settings) -> `Draw` (see `geovae.sampling.base`). `key` names what is drawn
and seeds all generators; the settings are its keyword-only arguments, which all have defaults. To add one, write it and
enter it here.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class SamplerEntry(NamedTuple):
    """A sampler of the table.

    Attributes:
        function: its place, "module:function", or the function itself.
        reads: what it asks of the context, of `READABLE`.
        settings_of: the sampler whose settings it takes too, beside its own.
        reads_with: what else it asks for where a setting of it has a value: (setting, value) → of `READABLE`.
    """

    function: str | Callable
    reads: tuple[str, ...]
    settings_of: str | None = None
    reads_with: Mapping[tuple[str, object], tuple[str, ...]] = {}


HELD_OUT = "heldout"
"""In the place of the mixture's number of Gaussians: the likelihood of validation means chooses it."""

READABLE = {
    "model": ("model", "image_shape"),
    "latents": ("mu", "log_var"),
    "latents_validation": ("mu_validation",),
    "latents_test": ("mu_test",),
    "metric": ("metric",),
    "images": ("images",),
    "matched": ("matched_displacement",),
}
"""What a sampler may read → the fields of the context that it fills. `latents` are those of the training images,
`images` these images, and `matched` is the displacement of the manifold sampler on the same model."""

SAMPLERS: dict[str, SamplerEntry] = {
    "prior": SamplerEntry("geovae.sampling.prior:sample_prior", ("model",)),
    "gmm": SamplerEntry(
        "geovae.sampling.mixture:sample_mixture",
        ("latents",),
        reads_with={("n_components", HELD_OUT): ("latents_validation",)},
    ),
    "manifold": SamplerEntry("geovae.sampling.manifold:sample_manifold", ("latents", "metric")),
    "manifold_released": SamplerEntry(
        "geovae.sampling.manifold_released:sample_manifold_released",
        ("latents", "metric"),
        settings_of="manifold",
        reads_with={("batch_statistics", True): ("model", "images")},
    ),
    "volume": SamplerEntry("geovae.sampling.volume:sample_volume", ("metric",)),
    "posterior_kde": SamplerEntry(
        "geovae.sampling.posterior_kernel:sample_posterior_kde", ("latents", "latents_validation")
    ),
    "parzen": SamplerEntry("geovae.sampling.parzen:sample_parzen", ("latents", "latents_validation")),
    "neighbours": SamplerEntry("geovae.sampling.neighbours:sample_neighbours", ("latents",)),
    "two_stage": SamplerEntry("geovae.sampling.prior:sample_second_stage", ("model",)),
    "real": SamplerEntry("geovae.sampling.controls:sample_real", ("images",)),
    "reconstruction": SamplerEntry("geovae.sampling.controls:sample_reconstructions", ("latents",)),
    "reconstruction_test": SamplerEntry("geovae.sampling.controls:sample_test_reconstructions", ("latents_test",)),
    "resample": SamplerEntry("geovae.sampling.controls:sample_means", ("latents",)),
    "posterior": SamplerEntry("geovae.sampling.controls:sample_posterior", ("latents",)),
    "jitter": SamplerEntry("geovae.sampling.controls:sample_jitter", ("latents", "matched")),
    "kde": SamplerEntry("geovae.sampling.kernel:sample_kde", ("latents", "latents_validation")),
    "noise": SamplerEntry("geovae.sampling.controls:sample_noise", ("model",)),
}
