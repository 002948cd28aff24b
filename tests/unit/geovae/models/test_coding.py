"""Encoding and decoding: evaluation mode, batches of any size, and what has no image."""

import copy

import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.core.images import to_uint8
from geovae.models.base import Autoencoder
from geovae.models.coding import decode_images, decode_posterior, encode_images
from geovae.models.files import build_model

torch.set_num_threads(1)

SHAPE = (2, 6, 5)


def build(model: str = "vae", **changes) -> Autoencoder:
    base = {"model": model, "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 3, "image_shape": list(SHAPE)}
    return build_model(base | changes)


def random_images(n: int, shape: tuple[int, ...] = SHAPE) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_encoding_and_decoding_use_running_statistics_in_any_batch_size():
    model = build("vae", net="conv", image_shape=[1, 32, 32])
    model.train()
    images = random_images(7, (1, 32, 32))
    mu, log_var = encode_images(model, images)
    for ours, other in zip((mu, log_var), encode_images(model, images, batch_size=2), strict=True):
        torch.testing.assert_close(ours, other)
    assert torch.equal(mu, encode_images(model, images.numpy())[0])
    assert mu.dtype == log_var.dtype == torch.float32
    difference = decode_images(model, mu).int() - decode_images(model, mu.double(), batch_size=3).int()
    assert difference.abs().max() <= 1
    assert model.training


def test_read_only_arrays_are_encoded_without_complaint(recwarn):
    images = random_images(3).numpy()
    images.flags.writeable = False
    encode_images(build(), images)
    assert not recwarn.list


def test_no_latents_give_no_images():
    assert decode_images(build(), torch.empty(0, 3)).shape == (0, *SHAPE)


def test_latents_that_are_not_finite_are_refused():
    z = torch.zeros(4, 3)
    z[1, 2], z[3, 0] = float("nan"), float("inf")
    with pytest.raises(GeovaeError, match="2 of 4 latents"):
        decode_images(build(), z)


@pytest.mark.parametrize("name", ["vae", "vae_iaf", "vae_nf"])
def test_latents_among_the_means_are_carried_to_the_decoder(name):
    model, generator = build(name).train(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():  # fresh flows change almost nothing
            parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
    z = torch.randn(7, 3, generator=generator)
    images = decode_posterior(model, z, batch_size=3)
    assert model.training
    model.eval()
    with torch.no_grad():
        expected = torch.cat([to_uint8(model.decode(model.to_decoder(batch))) for batch in z.split(3)])
    assert torch.equal(images, expected)
    assert torch.equal(images, decode_images(model, z, batch_size=3)) == model.decodes_means


def test_no_means_give_no_images():
    assert decode_posterior(build("vae_iaf"), torch.empty(0, 3)).shape == (0, *SHAPE)


def test_latents_that_a_flow_carries_out_of_range_are_refused_over_all_batches(monkeypatch):
    model = build()
    monkeypatch.setattr(model, "to_decoder", lambda z: 1 / z)
    z = torch.ones(5, 3)
    z[0, 1] = z[4, 2] = 0.0
    with pytest.raises(GeovaeError, match="2 of 5 latents"):
        decode_posterior(model, z, batch_size=2)


def test_batch_statistics_are_those_of_a_forward_pass_in_training_mode_and_leave_the_model_as_it_was():
    model = build("vae", net="conv", image_shape=[1, 32, 32]).eval()
    with torch.no_grad():
        for name, buffer in model.named_buffers():
            if name.endswith("running_var"):
                buffer.fill_(7.0)  # far from the moments of any batch
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images, z = random_images(7, (1, 32, 32)), torch.randn(7, 3, generator=torch.Generator().manual_seed(2))
    mu, log_var = encode_images(model, images, batch_size=4, batch_statistics=True)
    decoded = decode_images(model, z, batch_size=4, batch_statistics=True)
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    reference = copy.deepcopy(model).train()
    with torch.no_grad():
        posteriors = [reference.encode(batch.float() / 255) for batch in images.split(4)]
        expected = torch.cat([to_uint8(reference.decode(batch)) for batch in z.split(4)])
    torch.testing.assert_close(mu, torch.cat([posterior.mu for posterior in posteriors]))
    torch.testing.assert_close(log_var, torch.cat([posterior.log_var for posterior in posteriors]))
    assert torch.equal(decoded, expected)
    assert torch.equal(decoded, decode_posterior(model, z, batch_size=4, batch_statistics=True))
    assert (mu - encode_images(model, images)[0]).abs().max() > 0.01
    assert not torch.equal(decoded, decode_images(model, z))


def test_nets_without_batch_normalisation_do_the_same_in_both_modes():
    model, images = build(), random_images(6)
    for ours, other in zip(
        encode_images(model, images, batch_statistics=True), encode_images(model, images), strict=True
    ):
        assert torch.equal(ours, other)


def test_a_batch_of_one_image_has_no_statistics():
    for n in (1, 5):
        with pytest.raises(GeovaeError, match=f"batch statistics: {n} images in batches of 4 leave one alone"):
            encode_images(build(), random_images(n), 4, batch_statistics=True)
        with pytest.raises(GeovaeError, match="leave one alone"):
            decode_images(build(), torch.zeros(n, 3), 4, batch_statistics=True)
