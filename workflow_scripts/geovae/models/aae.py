"""The adversarial autoencoder (AAE) with a Gaussian posterior."""

import torch
from torch import nn
from torch.nn.functional import softplus

from geovae.core.errors import GeovaeError
from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import reparametrise, squared_error

HIDDEN_UNITS = 256


class AAE(Autoencoder):
    """Matches the aggregate posterior to the prior by a discriminator D on latents, in place of the KL term.

    With z ~ q(z|x) = N(mu(x), diag exp(log_var(x))) and z_p ~ N(0, I),

        autoencoder:    α·E[−log D(z)] + (1 − α)·E‖x − x̂(z)‖²,
        discriminator:  ½·E[−log D(z_p)] + ½·E[−log(1 − D(z))].

    Makhzani et al., "Adversarial autoencoders" (2015), whose deterministic encoder becomes the Gaussian one of their
    section 2 ("Gaussian posterior"), as the metric of App. G needs variances; the weights are those of the authors'
    library at the time. The autoencoder wants D(z) near 1 (the non-saturating form). Validation is on the
    autoencoder's objective.

    Args:
        adversarial_loss_scale: α, from 0 (reconstruction alone) to 1; App. G searches 0.001 to 0.999.
    """

    def __init__(self, *net, adversarial_loss_scale: float = 0.9) -> None:
        super().__init__(*net)
        if not 0 <= adversarial_loss_scale <= 1:
            raise GeovaeError(
                f"model 'aae': adversarial_loss_scale is {adversarial_loss_scale}, but it must lie between 0 and 1."
            )
        self.adversarial_loss_scale = adversarial_loss_scale
        self.discriminator = latent_discriminator(self.latent_dim)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of one sampled reconstruction, the adversarial term, and the discriminator's cross-entropy."""
        z = reparametrise(self.encode(x), generator)
        prior = torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype)
        reconstruction = squared_error(self.decode(z), x)
        # softplus(−l) = −log D and softplus(l) = −log(1 − D), D being the sigmoid of the logit l.
        logits, prior_logits = self.discriminator(z), self.discriminator(prior)
        adversarial = softplus(-logits).mean()
        discriminator = 0.5 * (softplus(-prior_logits).mean() + softplus(logits).mean())
        alpha = self.adversarial_loss_scale
        autoencoder = alpha * adversarial + (1.0 - alpha) * reconstruction
        terms = {"reconstruction": reconstruction, "adversarial": adversarial, "discriminator": discriminator}
        return Loss(autoencoder, terms, {"autoencoder": autoencoder, "discriminator": discriminator})

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """`autoencoder` (encoder and decoder) and `discriminator`."""
        return {
            "autoencoder": [*self.encoder.parameters(), *self.decoder.parameters()],
            "discriminator": list(self.discriminator.parameters()),
        }


def latent_discriminator(latent_dim: int) -> nn.Module:
    """(N, d) → logits (N,), positive for "drawn from the prior": d-256-1 with ReLU, as in the authors' library."""
    return nn.Sequential(
        nn.Linear(latent_dim, HIDDEN_UNITS), nn.ReLU(), nn.Linear(HIDDEN_UNITS, 1), nn.Flatten(start_dim=0)
    )
