"""What coding and training take: images and latents of other types and shapes are refused by name."""

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.models.coding import decode_images, encode_images
from geovae.models.files import build_model
from geovae.training.loop import train

torch.set_num_threads(1)

IMAGES = torch.zeros(6, 1, 4, 4, dtype=torch.uint8)
ODD_IMAGES = [
    (IMAGES.float(), r"torch\.float32 of shape \(6, 1, 4, 4\); uint8 images \(N, 1, 4, 4\)"),
    (IMAGES[:, 0], r"torch\.uint8 of shape \(6, 4, 4\)"),
    (IMAGES[..., :3], r"torch\.uint8 of shape \(6, 1, 4, 3\)"),
    (IMAGES.to("meta"), "on the device meta"),
    ([[1]], "list of shape"),
]


@pytest.fixture
def model():
    description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
    return build_model({**description, "image_shape": [1, 4, 4]}, seed=0)


@pytest.mark.parametrize(("images", "message"), ODD_IMAGES)
def test_odd_images_are_refused(model, images, message):
    with pytest.raises(GeovaeError, match=f"^encode: .*{message}"):
        encode_images(model, images)
    told = {"epochs": 1, "batch_size": 2, "lr": 0.1, "patience": 1, "key": "a/run"}
    with pytest.raises(GeovaeError, match=f"^a/run: training images: .*{message}"):
        train(model, images, IMAGES, **told)
    with pytest.raises(GeovaeError, match=f"^a/run: validation images: .*{message}"):
        train(model, IMAGES, images, **told)


def test_arrays_of_the_same_images_are_taken(model):
    assert torch.equal(encode_images(model, IMAGES.numpy())[0], encode_images(model, IMAGES)[0])


@pytest.mark.parametrize(
    ("latents", "message"),
    [
        (torch.zeros(3, 4), r"latents: shape \(3, 4\); this model decodes \(N, 2\)"),
        (torch.zeros(2), r"latents: shape \(2,\)"),
        (torch.zeros(3, 2).long(), r"latents is torch\.int64"),
        (torch.zeros(3, 2, dtype=torch.complex64), r"latents is torch\.complex64"),
        (torch.zeros(3, 2, device="meta"), "latents is on the device meta"),
        (np.zeros((3, 2)), "latents is a ndarray"),
        (torch.full((3, 2), torch.nan), "3 of 3 latents are not finite"),
    ],
)
def test_odd_latents_are_refused(model, latents, message):
    with pytest.raises(GeovaeError, match=message):
        decode_images(model, latents)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 2.5}, r"^a/run: epochs = 2\.5"),
        ({"epochs": True}, "^a/run: epochs = True"),
        ({"batch_size": 1}, r"^a/run: batch_size \(of batch normalisation\) = 1"),
        ({"lr": float("inf")}, "^a/run: lr = inf"),
        ({"lr": "0.1"}, "^a/run: lr = '0.1'"),
    ],
)
def test_odd_numbers_of_a_training_are_refused(model, change, message):
    told = {"epochs": 1, "batch_size": 2, "lr": 0.1, "patience": 1, "key": "a/run"} | change
    with pytest.raises(GeovaeError, match=message):
        train(model, IMAGES, IMAGES, **told)
