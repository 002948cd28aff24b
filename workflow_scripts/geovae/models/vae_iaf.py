"""The VAE with an inverse autoregressive flow (VAE-IAF)."""

from geovae.models.flows import Autoregressive, Chain, FlowVAE, Reversed, check_settings


class VAEIAF(FlowVAE):
    """A `FlowVAE` with blocks z' = exp(s(z))·z + m(z), in which each entry depends on those before it.

    Kingma et al., "Improved variational inference with inverse autoregressive flow" (2016). Every second block takes
    the entries in reverse order. As in the authors' library the blocks get no context from the encoder.

    Args:
        n_blocks: number of blocks, at least 1; what App. C.4 varies.
        hidden_layers: hidden layers of a block's net, at least 1.
        hidden_units: units of each.
        beta: β, the weight of the KL term, at least 0.
    """

    def __init__(
        self, *net, n_blocks: int = 2, hidden_layers: int = 3, hidden_units: int = 128, beta: float = 0.01
    ) -> None:
        check_settings("vae_iaf", beta, n_blocks=n_blocks, hidden_layers=hidden_layers, hidden_units=hidden_units)
        super().__init__(*net, beta=beta)
        blocks = [Autoregressive(self.latent_dim, hidden_layers, hidden_units) for _ in range(n_blocks)]
        self.flow = Chain([Reversed(block) if i % 2 else block for i, block in enumerate(blocks)])
