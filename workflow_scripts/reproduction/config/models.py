"""Hyper-parameters of every model, with the defaults for MNIST; docs/reproduction.md says where they come from.

What depends on the data set through the size of its images alone is written so that it does not: the weights of WAE and
of the RAEs stand beside a mean over pixels. β, which is chosen for each data set, is written once, with `vae`.
"""

from typing import Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from reproduction.config.base import Closed

Likelihood = Literal["bernoulli", "gaussian"]
# The models whose objective has the VAE's squared error and its β.
SHARE_BETA = ("vamp", "iwae", "vae_iaf", "vae_nf")
LIKE_THE_VAE = "; that of `vae` unless it is given"


class AE(Closed):
    """Autoencoder: no hyper-parameters of its own."""


class VAE(Closed):
    """Variational autoencoder."""

    beta: float = Field(
        0.01, ge=0, le=1e6, description="Weight of the KL term against the summed squared error, Eq. (3)."
    )


class WAE(Closed):
    """Wasserstein autoencoder with a maximum mean discrepancy."""

    lam: float = Field(
        0.03, ge=0, le=1e6, description="Weight of the discrepancy beside a squared error that is a mean over pixels."
    )
    kernel_bandwidth: float = Field(1.0, ge=1e-12, le=1e6, description="σ of the inverse multiquadratic kernel.")


class VAMP(Closed):
    """VAE with a variational mixture of posteriors as prior."""

    beta: float = Field(0.01, ge=0, le=1e6, description=f"Weight of the KL term{LIKE_THE_VAE}.")
    n_components: int = Field(
        500, ge=1, le=100_000, description="Number of pseudo-inputs, the components of the prior."
    )
    pseudo_mean: float = Field(0.05, gt=0, lt=1, description="Mean of the pseudo-inputs' initial values.")
    pseudo_std: float = Field(
        0.01, ge=0, le=100, description="Standard deviation of the pseudo-inputs' initial values."
    )


class HVAE(Closed):
    """Hamiltonian VAE."""

    n_lf: int = Field(3, ge=0, le=100, description="Number of leapfrog steps.")
    eps_lf: float = Field(1e-3, ge=1e-12, le=10, description="Size of a leapfrog step.")
    beta_zero: float = Field(0.3, ge=1e-6, le=1, description="Inverse temperature at the start of the tempering.")
    likelihood: Likelihood = Field(
        "bernoulli", description="Reconstruction loss: `bernoulli` is the cross-entropy, `gaussian` the squared error."
    )
    beta: float = Field(1.0, ge=1e-12, le=1e6, description="Weight of all terms but the reconstruction.")


class RHVAE(HVAE):
    """Hamiltonian VAE whose dynamics follow a learned Riemannian metric."""

    n_lf: int = Field(1, ge=0, le=100, description="Number of leapfrog steps.")
    temperature: float = Field(
        0.8, ge=1e-12, le=1e6, description="T, width of the Gaussian around each centroid of the metric."
    )
    lam: float = Field(1e-3, ge=1e-12, le=1e6, description="λ, weight of the identity in the inverse metric.")
    n_centroids: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        description="Largest number of training images that are centroids of the stored metric.",
    )
    n_fixed_point: int = Field(3, ge=1, le=100, description="Fixed-point iterations per implicit leapfrog step.")


class RAE(Closed):
    """Regularised autoencoder."""

    embedding_weight: float = Field(
        5e-4, ge=0, le=1e6, description="Weight of ‖z‖² beside a squared error that is a mean over pixels."
    )


class RAEGP(Closed):
    """Regularised autoencoder with a gradient penalty on the decoder."""

    embedding_weight: float = Field(
        1e-4, ge=0, le=1e6, description="Weight of ‖z‖² beside a squared error that is a mean over pixels."
    )
    reg_weight: float = Field(5e-8, ge=0, le=1e6, description="Weight of the gradient penalty beside the same error.")


class RAEL2(Closed):
    """Regularised autoencoder with an L2 penalty on the decoder's weights."""

    embedding_weight: float = Field(
        1e-4, ge=0, le=1e6, description="Weight of ‖z‖² beside a squared error that is a mean over pixels."
    )
    reg_weight: float = Field(1e-7, ge=0, le=1e6, description="Weight of the L2 penalty beside the same error.")


class RAESN(Closed):
    """Regularised autoencoder with spectral normalisation."""

    embedding_weight: float = Field(
        0.009, ge=0, le=1e6, description="Weight of ‖z‖² beside a squared error that is a mean over pixels."
    )


class IWAE(Closed):
    """Importance weighted autoencoder."""

    beta: float = Field(
        0.01,
        ge=1e-12,
        le=1e6,
        description=f"Twice the variance of the Gaussian decoder behind the importance weights{LIKE_THE_VAE}.",
    )
    n_samples: int = Field(10, ge=1, le=10_000, description="K, draws from the posterior per image.")


class AAE(Closed):
    """Adversarial autoencoder."""

    adversarial_loss_scale: float = Field(
        0.9, ge=0, le=1, description="α, weight of the adversarial loss; the reconstruction error has weight 1 − α."
    )


class VAEGAN(Closed):
    """VAE with a learned similarity metric."""

    adversarial_loss_scale: float = Field(
        0.8,
        ge=0,
        le=1,
        description="α, weight of the adversarial loss of the decoder; its feature error has weight 1 − α.",
    )
    reconstruction_layer: int = Field(3, ge=1, le=5, description="Discriminator layer whose features are compared.")
    beta: float = Field(1.0, ge=0, le=1e6, description="Weight of the KL term.")
    equilibrium: float = Field(
        0.68, ge=1e-12, le=100, description="Discriminator loss around which decoder and discriminator both learn."
    )
    margin: float = Field(
        0.4, ge=0, le=100, description="Distance from `equilibrium` beyond which one of the two pauses."
    )


class VAEIAF(Closed):
    """VAE with an inverse autoregressive flow."""

    n_blocks: int = Field(2, ge=1, le=100, description="Autoregressive blocks.")
    hidden_layers: int = Field(3, ge=1, le=100, description="Hidden layers per block.")
    hidden_units: int = Field(128, ge=1, le=10_000, description="Units per hidden layer.")
    beta: float = Field(0.01, ge=0, le=1e6, description=f"Weight of the KL term{LIKE_THE_VAE}.")


class VAENF(Closed):
    """VAE with planar or radial flows."""

    flow: Literal["planar", "radial"] = Field("planar", description="Kind of flow.")
    n_flows: int = Field(5, ge=1, le=1000, description="Number of flows in the chain.")
    beta: float = Field(0.01, ge=0, le=1e6, description=f"Weight of the KL term{LIKE_THE_VAE}.")


class TwoStage(Closed):
    """Two-stage VAE."""

    second_epochs: float = Field(
        2.0, ge=1e-3, le=1000, description="Epochs of the second stage per epoch of the first."
    )
    second_units: int = Field(1024, ge=1, le=16_384, description="Units of the second stage's hidden layers.")
    second_layers: int = Field(3, ge=1, le=100, description="Hidden layers of its encoder, and of its decoder.")


class Models(Closed):
    """Hyper-parameters of every model, under the model's name."""

    ae: AE = Field(AE(), description="Autoencoder.")
    vae: VAE = Field(VAE(), description="Variational autoencoder.")
    wae: WAE = Field(WAE(), description="Wasserstein autoencoder (MMD).")
    vamp: VAMP = Field(VAMP(), description="VAE with a VampPrior.")
    hvae: HVAE = Field(HVAE(), description="Hamiltonian VAE.")
    rhvae: RHVAE = Field(RHVAE(), description="Riemannian Hamiltonian VAE.")
    rae: RAE = Field(RAE(), description="Regularised autoencoder.")
    rae_gp: RAEGP = Field(RAEGP(), description="RAE with a gradient penalty.")
    rae_l2: RAEL2 = Field(RAEL2(), description="RAE with an L2 penalty.")
    rae_sn: RAESN = Field(RAESN(), description="RAE with spectral normalisation.")
    iwae: IWAE = Field(IWAE(), description="Importance weighted autoencoder.")
    aae: AAE = Field(AAE(), description="Adversarial autoencoder.")
    vaegan: VAEGAN = Field(VAEGAN(), description="VAE-GAN.")
    vae_iaf: VAEIAF = Field(VAEIAF(), description="VAE with an inverse autoregressive flow.")
    vae_nf: VAENF = Field(VAENF(), description="VAE with planar or radial flows.")
    two_stage: TwoStage = Field(TwoStage(), description="Two-stage VAE.")

    @model_validator(mode="before")
    @classmethod
    def _beta_of_the_vae_reaches_the_others(cls, content: Any) -> Any:
        if not (isinstance(content, dict) and isinstance(content.get("vae"), dict)):
            return content
        try:
            beta = _VAE.validate_python(content["vae"], strict=True).beta
        except ValidationError:
            return content  # the field itself says what is wrong, once
        if beta == 0:  # not for all of them: the importance weights divide by it
            return content
        sections = {name: content.get(name, {}) for name in SHARE_BETA}
        return content | {
            name: {"beta": beta} | section for name, section in sections.items() if isinstance(section, dict)
        }


_VAE = TypeAdapter(VAE)
