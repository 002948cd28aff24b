"""The regularised autoencoders: each penalty against explicit sums and finite differences, norms against an SVD."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from geovae.core.errors import GeovaeError
from geovae.models.coding import decode_images, encode_images
from geovae.models.files import build_model, load_model, save_model
from geovae.models.losses import squared_error
from geovae.models.rae import RAE
from geovae.models.rae_gp import RAEGP
from geovae.models.rae_l2 import RAEL2
from geovae.models.rae_sn import RAESN
from geovae.nets.build import build_net

torch.set_num_threads(1)

LATENT_DIM = 3
SHAPES = {"mlp": (2, 6, 5), "conv": (1, 32, 32)}
FAMILY = [RAE, RAEGP, RAEL2, RAESN]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(model: type[RAE], net: str = "mlp", latent_dim: int = LATENT_DIM, width: float = 0.02, **settings) -> RAE:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        shape = SHAPES[net]
        return model(*build_net(net, shape, latent_dim, width, False), latent_dim, shape, **settings)


def images(n: int, net: str = "mlp") -> torch.Tensor:
    return torch.rand(n, *SHAPES[net], generator=generator(1))


def spectral_layers(model: RAESN) -> dict[str, nn.Module]:
    return {name: part for name, part in model.named_modules() if parametrize.is_parametrized(part)}


# -- all of them ------------------------------------------------------------------------------------------------------


def test_the_loss_of_rae_is_d_times_that_of_its_code():
    model, x = build(RAE, embedding_weight=0.3), images(5)
    loss = model.loss(x, generator())
    z = model.encode(x).mu.detach().double().numpy()
    x_hat = model.decode(model.encode(x).mu).detach().double().numpy()
    published = np.mean((x_hat - x.double().numpy()) ** 2) + 0.3 * np.mean(z**2)
    assert loss.total.item() == pytest.approx(60 * published, rel=1e-5)
    assert loss.terms["embedding"].item() == pytest.approx(np.mean(np.sum(z**2, axis=1)), rel=1e-5)


@pytest.mark.parametrize(("model", "coefficient"), [(RAE, 0.032), (RAEGP, 0.0064), (RAEL2, 0.0064), (RAESN, 0.576)])
def test_the_defaults_are_the_published_weights_for_mnist(model, coefficient):
    model = build(model, "conv", latent_dim=16, width=0.01)
    model.reg_weight = 0.0
    loss = model.eval().loss(images(2, "conv"), generator())
    scaled = loss.total - loss.terms["reconstruction"]
    assert (scaled / loss.terms["embedding"]).item() == pytest.approx(coefficient, rel=0.02)


@pytest.mark.parametrize("model", FAMILY)
def test_no_noise_is_drawn_and_codes_have_no_variance(model):
    model, noise = build(model), generator()
    before = noise.get_state()
    model.loss(images(4), noise)
    assert torch.equal(noise.get_state(), before)
    assert model.encode(images(4)).log_var is None


@pytest.mark.parametrize("model", FAMILY)
def test_without_weights_the_loss_is_the_squared_error(model):
    model, x = build(model).eval(), images(4)
    model.embedding_weight = model.reg_weight = 0.0
    assert model.loss(x, generator()).total == squared_error(model.decode(model.encode(x).mu), x)


@pytest.mark.parametrize("model", FAMILY)
def test_the_gradient_reaches_every_weight(model):
    model = build(model, "conv", width=0.05)
    model.loss(images(6, "conv"), generator()).total.backward()
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        if "bias" not in name:
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("model", FAMILY)
def test_reduced_precision_is_close_to_float32(model):
    model, x = build(model, "conv", width=0.05), images(6, "conv")
    exact = model.loss(x, generator())
    model.autocast_dtype = torch.bfloat16
    reduced = model.loss(x, generator())
    reduced.total.backward()
    for name, term in exact.terms.items():
        assert reduced.terms[name].dtype == torch.float32
        # bfloat16 has a precision of 0.4 %; the gradient penalty is a square of a derivative of a square.
        torch.testing.assert_close(reduced.terms[name], term, rtol=0.15 if name == "gradient_penalty" else 0.03, atol=0)
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


@pytest.mark.parametrize("model", FAMILY)
@pytest.mark.parametrize("setting", ["embedding_weight", "reg_weight"])
def test_settings_out_of_range_are_named(model, setting):
    if setting == "reg_weight" and model in (RAE, RAESN):
        with pytest.raises(TypeError):
            build(model, **{setting: 1.0})
    else:
        with pytest.raises(GeovaeError, match=f"model '{model.name}': {setting} = -1.0"):
            build(model, **{setting: -1.0})


# -- gradient penalty -------------------------------------------------------------------------------------------------


def finite_difference_penalty(model: RAEGP, x: torch.Tensor, step: float = 1e-6) -> float:
    """The mean over images and latents of the squared slope of Σ x̂² over the batch."""
    with torch.no_grad():
        z = model.encode(x).mu
        slopes = torch.empty_like(z)
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                shift = torch.zeros_like(z)
                shift[i, j] = step
                ahead, behind = (model.decode(z + sign * shift).square().sum() for sign in (1, -1))
                slopes[i, j] = (ahead - behind) / (2 * step)
    return slopes.square().mean().item()


@pytest.mark.parametrize(("net", "training"), [("mlp", True), ("conv", True), ("conv", False)])
def test_gradient_penalty_is_that_of_finite_differences(net, training):
    model, x = build(RAEGP, net, reg_weight=0.5).double().train(training), images(4, net).double()
    loss = model.loss(x, generator())
    penalty = loss.terms["gradient_penalty"]
    assert penalty.item() == pytest.approx(finite_difference_penalty(model, x), rel=1e-5)
    pixels = x[0].numel()
    embedding = pixels * 1e-4 / LATENT_DIM * loss.terms["embedding"]
    torch.testing.assert_close(loss.total, loss.terms["reconstruction"] + embedding + pixels * 0.5 * penalty)


def test_the_gradient_of_the_gradient_penalty_is_that_of_finite_differences():
    model, x = build(RAEGP, "conv").double().train(), images(3, "conv").double()
    # The penalty jumps where a ReLU switches, so differences are taken of a smooth net.
    for part in (model.encoder.body, model.decoder):
        for i, layer in enumerate(part):
            if isinstance(layer, nn.ReLU):
                part[i] = nn.Softplus()
    model.loss(x, generator()).terms["gradient_penalty"].backward()
    draws, step = generator(2), 1e-6
    for name, parameter in model.named_parameters():
        if "bias" in name:
            continue
        direction = torch.randn(parameter.shape, generator=draws, dtype=torch.float64)
        values = []
        for sign in (1, -1):
            other = copy.deepcopy(model)
            with torch.no_grad():
                other.get_parameter(name).add_(direction, alpha=sign * step)
                values.append(other.loss(x, generator()).terms["gradient_penalty"].item())
        slope = (values[0] - values[1]) / (2 * step)
        assert (parameter.grad * direction).sum().item() == pytest.approx(slope, rel=1e-3, abs=1e-6), name


def test_the_gradient_penalty_is_known_where_gradients_are_off():
    model, x = build(RAEGP, "conv").eval(), images(4, "conv")
    expected = model.loss(x, generator())
    with torch.no_grad():
        loss = model.loss(x, generator())
    assert not loss.total.requires_grad
    assert not any(term.requires_grad for term in loss.terms.values())
    torch.testing.assert_close(loss.total, expected.total.detach())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_batch_statistics_are_updated_once_a_loss():
    model = build(RAEGP, "conv")
    model.loss(images(4, "conv"), generator())
    counts = [buffer.item() for name, buffer in model.named_buffers() if "num_batches" in name]
    assert counts == [1] * 6


# -- L2 ---------------------------------------------------------------------------------------------------------------


def test_l2_is_on_the_transposed_convolutions_of_the_convolutional_net():
    model, x = build(RAEL2, "conv", reg_weight=0.25).eval(), images(3, "conv")
    kernels = [part.weight for part in model.decoder if isinstance(part, nn.ConvTranspose2d)]
    assert len(kernels) == 3
    expected = sum(float(np.sum(kernel.detach().double().numpy() ** 2)) for kernel in kernels)
    loss = model.loss(x, generator())
    assert loss.terms["l2"].item() == pytest.approx(expected, rel=1e-5)
    rest = loss.terms["reconstruction"] + 1024 * 1e-4 / LATENT_DIM * loss.terms["embedding"]
    torch.testing.assert_close(loss.total, rest + 1024 * 0.25 * loss.terms["l2"])
    loss.terms["l2"].backward()
    for kernel in kernels:
        torch.testing.assert_close(kernel.grad, 2 * kernel.detach())
    assert sum(parameter.grad is not None for parameter in model.parameters()) == 3


def test_l2_is_on_all_weight_matrices_of_a_decoder_without_convolutions():
    model = build(RAEL2)
    weights = [part.weight for part in model.decoder if isinstance(part, nn.Linear)]
    assert [id(kernel) for kernel in model.penalised_kernels()] == [id(weight) for weight in weights]
    assert len(weights) == 3


# -- spectral normalisation -------------------------------------------------------------------------------------------


def largest_singular_value(layer: nn.Module) -> float:
    """σ of the kernel in RAE's layout: (pixels, inputs, outputs) of a convolution, (pixels, outputs, inputs) of a
    transposed one, as a matrix whose columns are the last of these."""
    kernel = layer.weight.detach().double()
    kernel = kernel.permute(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T
    return np.linalg.svd(kernel.numpy().reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.mark.parametrize(("net", "count"), [("conv", 9), ("mlp", 6)])
def test_every_layer_has_spectral_norm_one_after_training(net, count):
    model, x = build(RAESN, net, width=0.03), images(8, net)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(60):
        optimizer.zero_grad()
        model.loss(x, generator()).total.backward()
        optimizer.step()
    with torch.no_grad():
        for _ in range(30):  # the weights at rest, the iteration converges
            model.loss(x, generator())
    layers = spectral_layers(model.eval())
    assert len(layers) == count
    for name, layer in layers.items():
        assert largest_singular_value(layer) == pytest.approx(1.0, abs=0.01), name


def test_the_normalised_weight_is_what_the_nets_multiply_with():
    model, x = build(RAESN).eval(), images(3)
    plain = build(RAE).eval()
    weights = {name: part.weight.detach() for name, part in spectral_layers(model).items()}
    for name, weight in weights.items():
        layer = plain.get_submodule(name)
        # σ by 15 iterations from the start, hence the tolerance.
        norm = torch.linalg.matrix_norm(layer.weight.detach(), 2)
        torch.testing.assert_close(weight, layer.weight.detach() / norm, rtol=0.05, atol=1e-3)
        layer.weight.data.copy_(weight)
    torch.testing.assert_close(model.encode(x).mu, plain.encode(x).mu)


def test_one_power_iteration_a_run_in_training_and_none_in_evaluation():
    model, x = build(RAESN, "conv"), images(4, "conv")
    layer = model.decoder[2]
    weight = layer.parametrizations.weight.original.detach().flatten(1)
    v = layer.parametrizations.weight[0]._v.clone()
    u = nn.functional.normalize(weight @ v, dim=0)
    v = nn.functional.normalize(weight.T @ u, dim=0)
    model.loss(x, generator())
    torch.testing.assert_close(layer.parametrizations.weight[0]._u, u)
    torch.testing.assert_close(layer.parametrizations.weight[0]._v, v)
    model.eval()
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    first, again = (model.loss(x, generator()).total for _ in range(2))
    assert first == again
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())


def test_reduced_precision_leaves_the_normalisation_in_float32():
    model, twin = build(RAESN), build(RAESN)
    twin.autocast_dtype = torch.bfloat16
    for each in (model, twin):
        each.loss(images(4), generator())
    for ours, theirs in zip(model.buffers(), twin.buffers(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_saved_model_comes_back_with_its_singular_vectors(tmp_path):
    description = {"model": "rae_sn", "settings": {}, "net": "conv", "width": 0.02, "latent_dim": 3}
    description["image_shape"] = [1, 32, 32]
    model = build_model(description, seed=5)
    batch = torch.randint(0, 256, (6, 1, 32, 32), generator=generator(), dtype=torch.uint8)
    model.loss(batch / 255, generator())
    save_model(tmp_path, model, description)
    loaded = load_model(tmp_path)
    assert torch.equal(encode_images(loaded, batch)[0], encode_images(model, batch)[0])
    z = torch.randn(5, 3, generator=generator())
    assert torch.equal(decode_images(loaded, z), decode_images(model, z))
    state, expected = loaded.state_dict(), model.state_dict()
    assert sum(name.endswith(("._u", "._v")) for name in state) == 18
    assert all(torch.equal(state[name], expected[name]) for name in expected)
