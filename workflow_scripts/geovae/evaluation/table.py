"""The backbones by name, and how each is read and trained.

A backbone is a folder with `model.json`, whose key `backbone` names an entry here, and its weights,
`model.safetensors`. To add one, write a module with these two functions and name their places here:

* `load(folder, description) -> nn.Module` reads a module that maps uint8 images (n, C, H, W) to features (n, F);
  `description` is the content of `model.json`. One that can resize images in several ways takes the way's name besides.
* `train(splits, *, dataset, class_names, key, device, **settings) -> (nn.Module, dict)` gives a module with weights and
  its description; `splits` are the images (`geovae.evaluation.splits.Split`) by the name of their split.
"""

from collections.abc import Callable
from typing import NamedTuple


class BackboneEntry(NamedTuple):
    """A backbone of the table.

    Attributes:
        load: the place of the function that reads it, "module:function", or the function itself.
        train: the same of the function that trains it on a data set; None for one that all data sets share.
        resizings: the ways of resizing images that it knows; none for one that takes images as they are.
        batch_size: images per forward pass.
    """

    load: str | Callable
    train: str | Callable | None = None
    resizings: tuple[str, ...] = ()
    batch_size: int = 500


BACKBONES: dict[str, BackboneEntry] = {
    "classifier": BackboneEntry(
        "geovae.evaluation.classifier:load_extractor", train="geovae.evaluation.classifier:train"
    ),
    "inception": BackboneEntry(
        "geovae.evaluation.inception:load_extractor",
        resizings=("tf_legacy", "pytorch_fid"),
        batch_size=50,  # as in the implementations that defined the distance
    ),
    "efficientnet": BackboneEntry("geovae.evaluation.efficientnet:load_extractor", batch_size=50),
}
