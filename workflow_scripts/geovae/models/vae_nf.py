"""The VAE with planar or radial normalising flows (VAE-NF)."""

from geovae.core.registry import look_up
from geovae.models.flows import Chain, FlowVAE, Planar, Radial, check_settings

FLOWS = {"planar": Planar, "radial": Radial}


class VAENF(FlowVAE):
    """A `FlowVAE` with a chain of planar or of radial flows.

    Rezende and Mohamed, "Variational inference with normalizing flows" (2015). Their encoder gives the flows'
    parameters too; as in the authors' library, here they are the same for all images.

    Args:
        flow: `planar` or `radial`.
        n_flows: length of the chain, at least 1; what App. C.4 varies.
        beta: β, the weight of the KL term, at least 0.
    """

    def __init__(self, *net, flow: str = "planar", n_flows: int = 5, beta: float = 0.01) -> None:
        check_settings("vae_nf", beta, n_flows=n_flows)
        kind = look_up(FLOWS, "model 'vae_nf': flow", flow)
        super().__init__(*net, beta=beta)
        self.flow = Chain([kind(self.latent_dim) for _ in range(n_flows)])
