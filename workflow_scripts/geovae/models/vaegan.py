"""The VAE whose reconstruction error is measured in the features of a discriminator (VAEGAN)."""

import torch
from torch import nn
from torch.nn.functional import softplus

from geovae.core.quantities import real
from geovae.models.base import Autoencoder, Loss
from geovae.models.discriminator import ImageDiscriminator
from geovae.models.losses import kl_to_standard_normal, reparametrise, squared_error


class VAEGAN(Autoencoder):
    """Larsen et al., "Autoencoding beyond pixels using a learned similarity metric" (2016), Algorithm 1.

    With z ~ q(z|x), x̂ = x̂(z), z_p ~ N(0, I), x_p = x̂(z_p), D the discriminator, D_l the features of its layer l,

        feature = E‖D_l(x) − D_l(x̂)‖²,   real = E[−log D(x)],   generated = E[−log(1 − D(x_p))],

        encoder:        β·KL(q(z|x) ‖ N(0, I)) + feature,
        decoder:        (1 − α)·feature − α·(real + generated),
        discriminator:  real + generated.

    The decoder makes the discriminator's costs larger: D calls its images real. Following the authors' library, D is
    not asked about the reconstructions, which Larsen et al. add. As there and in Larsen et al.'s code, the
    discriminator makes no step on a batch where one of its costs is below `equilibrium` − `margin`, the decoder none
    where one is above `equilibrium` + `margin`; if that would stop both, both make one.

    The discriminator is Table 4's encoder without batch normalisation, whatever net the autoencoder has (App. G: "a
    discriminator similar to the encoder described in Table. 4"). The decoder gets z and z_p as one batch, so that the
    statistics of its batch normalisation are those of both. Objectives are not detached from one another: each is
    differentiated by its own group alone.

    `total` is the squared error of the reconstruction in pixels, mean over the batch: the features change with the
    discriminator and are nearest one another before it has learnt anything, so that errors in them cannot be compared
    between epochs.

    Args:
        adversarial_loss_scale: α, from 0 to 1, App. G's "factor balancing reconstruction/generation for the decoder's
            loss", which is searched from 0.3 to 0.999.
        reconstruction_layer: l, from 1 to the number of the discriminator's convolutions (4; OASIS: 5); App. G: 2, 3
            or 4.
        beta: β, the weight of the KL term, at least 0; 1 in the source, whose features have another scale than pixels.
        equilibrium: middle of the costs at which both players learn; log 2 is the cost of a guess.
        margin: how far a cost may be from it, at least 0.
    """

    def __init__(
        self,
        *net,
        adversarial_loss_scale: float = 0.8,
        reconstruction_layer: int = 3,
        beta: float = 1.0,
        equilibrium: float = 0.68,
        margin: float = 0.4,
    ) -> None:
        super().__init__(*net)
        real(adversarial_loss_scale, "model 'vaegan': adversarial_loss_scale", least=0.0, most=1.0)
        real(beta, "model 'vaegan': beta", least=0.0)
        real(margin, "model 'vaegan': margin", least=0.0)
        self.adversarial_loss_scale = adversarial_loss_scale
        self.beta = beta
        self.equilibrium = equilibrium
        self.margin = margin
        self.discriminator = ImageDiscriminator(self.image_shape, self.width, reconstruction_layer)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The errors in pixels and in features, the KL term (before its weight), and the discriminator's two costs."""
        posterior = self.encode(x)
        z = reparametrise(posterior, generator)
        prior = torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype)
        x_hat, x_p = self.decode(torch.cat([z, prior])).chunk(2)
        logits, features = self.run_net(self.discriminator, torch.cat([x, x_hat, x_p]))
        real_logits, _, generated_logits = logits.chunk(3)
        real_features, x_hat_features, _ = features.chunk(3)
        terms = {
            "reconstruction": squared_error(x_hat, x),
            "feature": squared_error(x_hat_features, real_features),
            "kl": kl_to_standard_normal(posterior),
            # softplus(−l) = −log D and softplus(l) = −log(1 − D), D being the sigmoid of the logit l.
            "real": softplus(-real_logits).mean(),
            "generated": softplus(generated_logits).mean(),
        }
        return Loss(terms["reconstruction"], terms, self._objectives(terms))

    def _objectives(self, terms: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """What each player minimises, of those that make a step."""
        feature, alpha = terms["feature"], self.adversarial_loss_scale
        discrimination = terms["real"] + terms["generated"]
        costs = [terms["real"].item(), terms["generated"].item()]
        discriminator_steps = min(costs) >= self.equilibrium - self.margin
        decoder_steps = max(costs) <= self.equilibrium + self.margin
        neither = not (discriminator_steps or decoder_steps)
        objectives = {"encoder": self.beta * terms["kl"] + feature}
        if decoder_steps or neither:
            objectives["decoder"] = (1.0 - alpha) * feature - alpha * discrimination
        if discriminator_steps or neither:
            objectives["discriminator"] = discrimination
        return objectives

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """`encoder`, `decoder` and `discriminator`."""
        return {name: list(getattr(self, name).parameters()) for name in ("encoder", "decoder", "discriminator")}
