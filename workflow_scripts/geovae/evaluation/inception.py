"""The `inception` backbone: the Inception network of December 2015 whose last pooling gives 2,048 features.

Heusel et al. (2017) defined the Fréchet Inception distance with it. The weights are those that the package pytorch-fid
publishes, converted from the TensorFlow graph; the network is torchvision's, with that package's blocks where the two
differ (average pools that do not count the padding, and one max pool in place of an average pool).
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.images import require_grey_or_rgb
from geovae.evaluation.resizing import RESIZINGS

N_FEATURES = 2048
IMAGES_PER_THREAD = 4  # in one forward pass on a CPU, which splits a batch

WEIGHTS_FILE = "pt_inception-2015-12-05-6726825d.pth"
WEIGHTS_SIZE = 95_628_359
WEIGHTS_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
WEIGHTS_URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{WEIGHTS_FILE}"
WEIGHTS_PAGE = "https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights"


def build_network() -> nn.Module:
    """The network up to its last pooling, untrained: (n, 3, 299, 299) to (n, 2048)."""
    from pytorch_fid.inception import FIDInceptionA, FIDInceptionC, FIDInceptionE_1, FIDInceptionE_2
    from torchvision.models import inception_v3

    network = inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    for name, block in {
        "Mixed_5b": FIDInceptionA(192, pool_features=32),
        "Mixed_5c": FIDInceptionA(256, pool_features=64),
        "Mixed_5d": FIDInceptionA(288, pool_features=64),
        "Mixed_6b": FIDInceptionC(768, channels_7x7=128),
        "Mixed_6c": FIDInceptionC(768, channels_7x7=160),
        "Mixed_6d": FIDInceptionC(768, channels_7x7=160),
        "Mixed_6e": FIDInceptionC(768, channels_7x7=192),
        "Mixed_7b": FIDInceptionE_1(1280),
        "Mixed_7c": FIDInceptionE_2(2048),
    }.items():
        setattr(network, name, block)
    # What follows the pooling plays no part in the features.
    network.dropout, network.fc = nn.Identity(), nn.Identity()
    return network.eval()


def convert_weights(source: Path, output: Path) -> None:
    """Turn the published file `source` into a backbone folder `output`: `model.safetensors`, then `model.json`.

    The caller has compared the checksum of `source`; it is not checked again.
    """
    network = build_network()
    state = torch.load(source, map_location="cpu", weights_only=True)
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith("fc.")})
    storage.save_weights(output / "model.safetensors", network.state_dict())
    description = {"backbone": "inception", "weights_sha256": WEIGHTS_SHA256, "n_features": N_FEATURES}
    storage.save_json(output / "model.json", description, beside=["model.safetensors"])


def load_extractor(folder: Path, description: dict, resize: str) -> nn.Module:
    """The network in `folder`, which maps uint8 images (n, C, H, W), C = 1 or 3, to features (n, 2048).

    Raises:
        GeovaeError: weights of another network.
    """
    with torch.device("meta"):  # drawing random weights first would take longer than reading these
        network = build_network()
    try:
        weights = storage.load_weights(folder / "model.safetensors", record="model.json", like=network.state_dict())
        network.load_state_dict(weights, assign=True)
    except RuntimeError as reason:
        raise GeovaeError(
            f"{folder / 'model.safetensors'}: not the weights of the Inception network.\n"
            + storage.advice("Delete the folder and run the workflow again.")
        ) from reason
    _fold_normalisation(network)
    return Extractor(network, resize)


def _fold_normalisation(network: nn.Module) -> None:
    """Fold each batch normalisation, as it acts in evaluation mode, into the convolution before it."""
    from torchvision.models.inception import BasicConv2d

    for block in network.modules():
        if isinstance(block, BasicConv2d):
            block.conv, block.bn = fuse_conv_bn_eval(block.conv, block.bn), nn.Identity()


class Extractor(nn.Module):
    """Inception seen as a map from images to features; a grey image is repeated in all three channels."""

    def __init__(self, network: nn.Module, resize: str) -> None:
        super().__init__()
        self.network = network
        self.resize = RESIZINGS[resize]

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W), C = 1 or 3, to features (n, 2048).

        Raises:
            GeovaeError: another number of channels.
        """
        require_grey_or_rgb(images, "inception")
        if images.device.type != "cpu":
            return self.network(self.resize(images).expand(-1, 3, -1, -1))
        # A few images at a time stay in the processor's cache, and convolutions run faster in this layout: together
        # that halves the time.
        parts = images.split(IMAGES_PER_THREAD * torch.get_num_threads())
        resized = (self.resize(part).expand(-1, 3, -1, -1) for part in parts)
        return torch.cat([self.network(part.contiguous(memory_format=torch.channels_last)) for part in resized])
