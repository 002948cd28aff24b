"""Models: their losses against closed forms, and what is written of them against what is read."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Independent, Normal, kl_divergence

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.images import to_unit
from geovae.data.table import load_dataset
from geovae.models.base import ALL, Posterior
from geovae.models.coding import decode_images, encode_images
from geovae.models.files import build_model, load_model, save_model
from geovae.models.losses import kl_to_standard_normal, reparametrise, squared_error
from geovae.models.table import MODELS
from geovae.training.loop import train

torch.set_num_threads(1)

SHAPE = (2, 6, 5)


def description(model: str = "vae", **changes) -> dict:
    base = {"model": model, "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 3, "image_shape": list(SHAPE)}
    return base | changes


def conv_description(model: str = "vae") -> dict:
    return description(model, net="conv", image_shape=[1, 32, 32])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(n: int, shape: tuple[int, ...] = SHAPE) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=generator(1), dtype=torch.uint8)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(n=st.integers(1, 5), d=st.integers(1, 6), seed=st.integers(0, 99))
def test_kl_is_that_of_torch_distributions(n, d, seed):
    mu, log_var = torch.randn(2, n, d, generator=generator(seed), dtype=torch.float64)
    posterior = Independent(Normal(mu, (0.5 * log_var).exp()), 1)
    prior = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    expected = kl_divergence(posterior, prior).mean()
    torch.testing.assert_close(kl_to_standard_normal(Posterior(mu, log_var)), expected)


def test_kl_of_the_prior_itself_is_zero():
    assert kl_to_standard_normal(Posterior(torch.zeros(4, 3), torch.zeros(4, 3))).item() == 0.0


def test_squared_error_is_summed_over_pixels_and_averaged_over_images():
    a, b = torch.rand(2, 4, *SHAPE, generator=generator(), dtype=torch.float64)
    expected = np.mean([np.sum((x - y) ** 2) for x, y in zip(a.numpy(), b.numpy(), strict=True)])
    assert squared_error(a, b).item() == pytest.approx(expected, rel=1e-12)


def test_reparametrisation_has_the_moments_of_the_posterior():
    mu, log_var = torch.tensor([1.0, -2.0]), torch.tensor([0.5, -3.0])
    z = reparametrise(Posterior(mu.expand(200_000, 2), log_var.expand(200_000, 2)), generator())
    # Five standard errors.
    assert torch.all((z.mean(0) - mu).abs() < 5 * (log_var.exp() / 200_000).sqrt())
    torch.testing.assert_close(z.var(0), log_var.exp(), rtol=0.02, atol=0.0)


@pytest.mark.parametrize("beta", [0.0, 0.01, 1.0, 4.0])
def test_vae_loss_is_the_weighted_sum_of_its_terms(beta):
    model = build_model(description(settings={"beta": beta}))
    x = to_unit(random_images(7))
    loss = model.loss(x, generator(3))
    posterior = model.encode(x)
    expected = squared_error(model.decode(reparametrise(posterior, generator(3))), x)
    torch.testing.assert_close(loss.terms["reconstruction"], expected)
    torch.testing.assert_close(loss.terms["kl"], kl_to_standard_normal(posterior))
    torch.testing.assert_close(loss.total, loss.terms["reconstruction"] + beta * loss.terms["kl"])


def test_vae_draws_its_noise_from_the_generator_alone():
    model = build_model(description())
    x = to_unit(random_images(4))
    first, again, other = (model.loss(x, generator(seed)).total for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_ae_reconstructs_from_the_mean_without_noise():
    model = build_model(description("ae"))
    x = to_unit(random_images(4))
    noise = generator()
    before = noise.get_state()
    loss = model.loss(x, noise)
    torch.testing.assert_close(loss.total, squared_error(model.decode(model.encode(x).mu), x))
    assert torch.equal(noise.get_state(), before)
    assert model.encode(x).log_var is None


@pytest.mark.parametrize("name", MODELS)
def test_each_objectives_gradient_reaches_every_parameter_of_its_group(name):
    model = build_model(conv_description(name))
    names = {parameter: parameter_name for parameter_name, parameter in model.named_parameters()}
    reached = set()
    for phase in model.phases(1):
        model.start_phase(phase.name)
        groups = model.parameter_groups()
        loss = model.loss(to_unit(random_images(6, (1, 32, 32))), generator())
        objectives = loss.objectives or {ALL: loss.total}
        assert set(objectives) <= set(groups)
        for group, objective in objectives.items():
            gradients = torch.autograd.grad(objective, groups[group], retain_graph=True, allow_unused=True)
            for parameter, gradient in zip(groups[group], gradients, strict=True):
                assert gradient is not None, names[parameter]
                assert torch.isfinite(gradient).all(), names[parameter]
                # A bias before batch normalisation has none but by rounding; weights must have one.
                if names[parameter].endswith(("weight", "original")):
                    assert gradient.abs().sum() > 0, names[parameter]
                reached.add(parameter)
    assert reached == set(names), [names[parameter] for parameter in set(names) - reached]


@pytest.fixture(scope="module")
def digits():
    """200 training and 100 validation images of the default's data set."""
    splits, _ = load_dataset("digits", {})
    images = {split: torch.from_numpy(next(iter(splits[split].chunks()))) for split in ("train", "validation")}
    return images["train"][:200], images["validation"][:100]


@pytest.mark.parametrize("name", MODELS)
def test_every_model_with_its_defaults_lowers_its_validation_loss_on_digits(name, digits):
    what = description(name, net="conv", width=1 / 32, latent_dim=16, image_shape=[1, 32, 32])
    model = build_model(what, seed=1)
    history = train(model, *digits, epochs=5, batch_size=50, lr=2e-3, patience=5, key="digits", precision="auto")
    for phase in {row.get("phase") for row in history}:
        losses = [row["validation_loss"] for row in history if row.get("phase") == phase]
        assert min(losses[1:]) < losses[0], f"{phase}: {losses}"


@pytest.mark.parametrize("name", MODELS)
def test_every_model_lowers_its_validation_loss_and_comes_back_from_its_files(name, tmp_path):
    rows = torch.arange(8)
    sizes = torch.randint(2, 8, (60, 1), generator=generator(3))
    images = ((rows < sizes)[:, :, None] & (rows < sizes)[:, None, :]).to(torch.uint8)[:, None] * 255
    settings = {"second_units": 16} if name == "two_stage" else {}
    settings |= {"n_components": 5} if name == "vamp" else {}
    settings |= {"reconstruction_layer": 2} if name == "vaegan" else {}
    what = description(name, settings=settings, width=0.1, image_shape=[1, 8, 8])
    model = build_model(what, seed=2)
    fit = {"epochs": 8, "batch_size": 10, "lr": 3e-3, "patience": 5, "key": "all models"}
    history = train(model, images[:40], images[40:], **fit)
    last_phase = [row for row in history if row.get("phase") == history[-1].get("phase")]
    assert min(row["validation_loss"] for row in last_phase) < last_phase[0]["validation_loss"]
    save_model(tmp_path, model, what)
    loaded = load_model(tmp_path)
    z = torch.randn(5, 3, generator=generator())
    assert torch.equal(decode_images(loaded, z), decode_images(model, z))
    for one, other in zip(encode_images(loaded, images), encode_images(model, images), strict=True):
        assert one is other is None or torch.equal(one, other)
    assert torch.equal(loaded.sample_prior(4, generator()), model.sample_prior(4, generator()))


def test_the_prior_is_standard_normal():
    model = build_model(description())
    z = model.sample_prior(100_000, generator())
    assert z.shape == (100_000, 3)
    assert z.mean(0).abs().max() < 5 / 100_000**0.5
    torch.testing.assert_close(torch.cov(z.T), torch.eye(3), rtol=0, atol=0.03)


def test_weights_depend_on_the_seed_and_leave_the_global_state_alone():
    before = torch.get_rng_state()
    first, again, other = (build_model(description(), seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize("name", MODELS)
def test_a_saved_model_comes_back_with_the_same_bytes(name, tmp_path):
    model = build_model(conv_description(name), seed=5)
    images = random_images(8, (1, 32, 32))
    model.loss(to_unit(images), generator())  # moves the running statistics, which have to be saved too
    save_model(tmp_path, model, conv_description(name))
    loaded = load_model(tmp_path)
    assert type(loaded) is type(model)
    assert not loaded.training
    z = torch.randn(5, 3, generator=generator())
    assert torch.equal(decode_images(loaded, z), decode_images(model, z))
    for ours, theirs in zip(encode_images(model, images), encode_images(loaded, images), strict=True):
        assert (ours is None and theirs is None) or torch.equal(ours, theirs)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "vea"}, "model 'vea' is not known. Did you mean 'vae'"),
        ({"net": "mpl"}, "net 'mpl' is not known. Did you mean 'mlp'"),
        ({"settings": {"bta": 1}}, "model 'vae' has no option 'bta'. Did you mean 'beta'"),
        ({"settings": {"beta": -1}}, "beta = -1"),
        ({"model": "ae", "settings": {"beta": 1}}, "model 'ae' has no option 'beta'. It takes none"),
    ],
)
def test_a_wrong_description_is_named(changes, words):
    with pytest.raises(GeovaeError, match=words):
        build_model(description(**changes))


@pytest.fixture
def run_folder(tmp_path):
    save_model(tmp_path, build_model(description()), description())
    return tmp_path


def test_corrupt_weights_are_named(run_folder):
    path = run_folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(GeovaeError, match=r"model\.safetensors"):
        load_model(run_folder)


@pytest.mark.parametrize("changes", [{"latent_dim": 4}, {"net": "conv", "image_shape": [1, 32, 32]}, {"model": "ae"}])
def test_weights_that_do_not_fit_the_description_are_named(run_folder, changes):
    storage.save_json(run_folder / "model.json", description(**changes), beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=r"model\.safetensors: these are not the weights"):
        load_model(run_folder)


def test_a_description_that_lacks_a_key_is_named(run_folder):
    incomplete = description()
    del incomplete["width"]
    storage.save_json(run_folder / "model.json", incomplete, beside=["model.safetensors"])
    with pytest.raises(GeovaeError, match=r"model\.json: .*width is None, a number is expected"):
        load_model(run_folder)


@pytest.mark.parametrize("file", ["model.json", "model.safetensors"])
def test_a_missing_file_is_named(run_folder, file):
    (run_folder / file).unlink()
    with pytest.raises(GeovaeError, match=file):
        load_model(run_folder)
