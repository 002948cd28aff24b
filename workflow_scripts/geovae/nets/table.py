"""The nets by name.

A module of a net has the function `build(image_shape, latent_dim, width, log_var) -> (encoder, decoder)`, and its
encoder has a `body`, the `nn.Sequential` that gives (N, features) to its heads. To add a net, write such a module and
name its function's place here.
"""

from collections.abc import Callable

NETS: dict[str, str | Callable] = {
    "conv": "geovae.nets.conv:build",
    "mlp": "geovae.nets.mlp:build",
    "resnet": "geovae.nets.resnet:build",
    "infogan": "geovae.nets.infogan:build",
    "wae": "geovae.nets.wae:build",
}
"""Name → place of the function, "module:function", or the function itself."""
