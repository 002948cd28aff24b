"""docs/your_vae.md on models of other libraries: run by `make test-peers`, in the environment of the benchmarks."""

import torch
from diffusers.models import AutoencoderKL
from pythae.models import VAE, VAEConfig

from helpers import your_vae


def images(channels: int, side: int) -> torch.Tensor:
    return torch.rand(200, channels, side, side, generator=torch.Generator().manual_seed(0))


def check(scope: dict) -> None:
    told = scope["told"]
    assert 0.5 < told["accepted"] <= 1
    assert told["never moved"] < 0.5
    assert 0 <= told["active"] <= 1
    assert 0 < told["displacement / random walk"] < 1.2
    lowest, highest = told["log-density above flat, 5 % and 95 %"]
    assert -1e-3 < lowest <= highest
    assert scope["images"].shape == scope["baseline_images"].shape
    assert not torch.equal(scope["images"], scope["baseline_images"])


def test_a_vae_of_pythae():
    torch.manual_seed(0)
    model = VAE(VAEConfig(input_dim=(1, 8, 8), latent_dim=4)).eval()
    scope = your_vae.run("A VAE trained with pythae", {"model": model, "train_images": images(1, 8)})
    assert scope["images"].shape == (64, 1, 8, 8)
    check(scope)


def test_an_autoencoder_of_diffusers():
    torch.manual_seed(0)
    vae = AutoencoderKL(
        in_channels=1,
        out_channels=1,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16),
        latent_channels=2,
        norm_num_groups=4,
        sample_size=8,
    ).eval()
    scope = your_vae.run("diffusers' `AutoencoderKL`: spatial latents", {"vae": vae, "train_images": images(1, 8)})
    assert scope["z"].shape == (16, 2 * 4 * 4)
    assert scope["images"].shape == (16, 1, 8, 8)
    check(scope)
