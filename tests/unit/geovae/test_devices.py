"""Everything that computes on a GPU keeps its tensors there: found on a pretended one, where no GPU is.

Backward passes are not run (see `helpers.fake_cuda`).
"""

import numpy as np
import pytest
import torch

from geovae.augmentation import classifier as augmentation
from geovae.core.images import to_unit
from geovae.evaluation import classifier, inception
from geovae.evaluation.features import Backbone
from geovae.evaluation.neighbours import nearest
from geovae.evaluation.splits import Split
from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog
from geovae.geometry.released import released_target
from geovae.models.base import Autoencoder
from geovae.models.coding import decode_images, decode_posterior, encode_images
from geovae.models.files import build_model
from geovae.models.table import MODELS
from geovae.nets.table import NETS
from geovae.sampling.base import Context
from geovae.sampling.draw import draw
from geovae.training.loop import train
from helpers.fake_cuda import fake_cuda

D = 3


def fresh(model: str = "vae", net: str = "conv", shape: tuple[int, ...] = (1, 32, 32)) -> Autoencoder:
    description = {"model": model, "settings": {}, "net": net, "width": 0.02, "latent_dim": D}
    return build_model(description | {"image_shape": list(shape)}, seed=0)


def on_cuda(*tensors: torch.Tensor) -> bool:
    return all(tensor.device.type == "cuda" for tensor in tensors)


def images(n: int, shape: tuple[int, ...] = (1, 32, 32)) -> torch.Tensor:
    return torch.zeros(n, *shape, dtype=torch.uint8)


def test_the_pretended_gpu_finds_tensors_of_two_devices():
    with fake_cuda():
        here, there = torch.zeros(2), torch.zeros(2, device="cuda")
        with pytest.raises(RuntimeError, match="at least two devices"):
            here + there
        with pytest.raises(RuntimeError, match="a generator on cpu"):
            torch.randn(2, device="cuda", generator=torch.Generator())
        with pytest.raises(TypeError, match="copied to the CPU"):
            there.numpy()


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_trained_on_the_device(name):
    model = fresh(name)
    settings = {"epochs": 1, "batch_size": 4, "lr": 1e-3, "patience": 5, "key": "a key", "device": "cuda"}
    with fake_cuda(found=0):  # of values that are not finite, none
        rows = train(model, images(4), images(4), **settings)
        assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
        assert on_cuda(*model.state_dict().values())


@pytest.mark.parametrize("name", MODELS)
def test_a_model_encodes_decodes_and_draws_on_the_device(name):
    model = fresh(name)
    with fake_cuda():
        model.to("cuda").eval()
        generator = torch.Generator("cuda")
        posterior = model.encode(to_unit(images(4).to("cuda")))
        z = model.sample_prior(4, generator)
        assert on_cuda(posterior.mu, z, model.decode(z), model.decode(model.to_decoder(posterior.mu)))
        if name == "two_stage":
            assert on_cuda(model.sample_second_stage(4, generator))
        for batch_statistics in (False, True):
            mu, log_var = encode_images(model, images(4), batch_statistics=batch_statistics)
            assert {mu.device.type, (mu if log_var is None else log_var).device.type} == {"cpu"}
            for decode in (decode_images, decode_posterior):
                assert decode(model, mu, batch_statistics=batch_statistics).device.type == "cpu"


@pytest.mark.parametrize(("net", "shape"), [*((net, (1, 32, 32)) for net in NETS), ("conv", (3, 64, 64))])
def test_a_net_keeps_to_the_device(net, shape):
    model = fresh(net=net, shape=shape)
    with fake_cuda():
        model.to("cuda").train()
        mu, log_var = model.encoder(to_unit(images(4, shape).to("cuda")))
        assert on_cuda(mu, log_var, model.decoder(mu))
        assert model.decode(mu).shape == (4, *shape)


def context(**more) -> Context:
    """All that a sampler may read, of a model on the device and of latents on the CPU."""
    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(40, D, generator=generator)
    metric = RiemannianMetric(mu[:20].clone(), torch.full((20, D), 9.0), rho=1.0, lam=more.pop("lam", 0.01))
    given = {"mu": mu, "log_var": torch.full_like(mu, -2.0), "metric": metric, "image_shape": (1, 32, 32)}
    return Context(**given, images=images(40).numpy(), model=fresh("two_stage"), device="cuda", **more)


def faked(real: Context) -> Context:
    """The same inside `fake_cuda`, where tensors have to be fake."""
    metric = real.metric
    parts = torch.empty(metric.centroids.shape), torch.empty(metric.precisions.shape)
    fakes = {name: torch.empty(getattr(real, name).shape) for name in ("mu", "log_var")}
    fakes |= {"metric": RiemannianMetric(*parts, metric.rho, metric.lam), "model": real.model.to("cuda")}
    return Context(**{**vars(real), **fakes})


# Chains, λ and the rows that searches find: few chains and more than the searches' limits, with and without a floor.
@pytest.mark.parametrize(
    ("n", "lam", "found", "start"),
    [(10, 0.01, 20, "means"), (10, 0.0, 1, "centroids"), (300, 0.01, 0, "prior"), (300, 0.01, 1, "means")],
)
@pytest.mark.parametrize("sampler", ["manifold", "manifold_released"])
def test_chains_stay_on_the_device(sampler, n, lam, found, start):
    real = context(lam=lam)
    with fake_cuda(found):
        drawn = draw(sampler, faked(real), n, "a key", n_steps=1, n_lf=2, start=start, n_long=1)
        assert drawn.latents.shape == (n, D)
        assert drawn.latents.device.type == "cpu"


@pytest.mark.parametrize("sampler", ["prior", "two_stage", "posterior", "resample", "reconstruction"])
def test_other_samplers_end_on_the_cpu(sampler):
    real = context()
    with fake_cuda():
        drawn = draw(sampler, faked(real), 5, "a key")
        assert drawn.latents.shape == (5, D)
        assert drawn.latents.device.type == "cpu"


@pytest.mark.parametrize("found", [0, 1, 20])
def test_targets_and_metrics_keep_to_the_device(found):
    real = context()
    with fake_cuda(found):
        metric = faked(real).metric.to("cuda")
        z = torch.empty(100, D, device="cuda")
        targets = metric.log_density_and_gradient, released_target(metric)
        for target in targets:
            assert on_cuda(*target(z))
        state = hmc.init(targets[0], z)
        for integrator in (hmc.leapfrog, fast_leapfrog(metric)):
            end, v = integrator(targets[0], state, torch.empty_like(z), 3, 0.01)
            assert on_cuda(*end, v)
        values = metric.diagonal(z), metric.max_weight(z), metric.log_weights(z), metric.log_density(z)
        assert on_cuda(*values)


def test_features_are_taken_on_the_device():
    extractors = {
        "classifier": (classifier.Extractor(classifier.Classifier((1, 32, 32), 10, 0.25)), (1, 32, 32)),
        "inception": (inception.Extractor(inception.build_network(), "tf_legacy"), None),
    }
    for name, (extractor, shape) in extractors.items():
        with fake_cuda():
            extractor.to("cuda").eval().requires_grad_(False)
            backbone = Backbone(name, None, None, shape, 2, extractor, torch.device("cuda"))
            assert on_cuda(extractor(images(2).to("cuda")))
            assert backbone.features(images(3)).shape == (3, {"classifier": 64, "inception": 2048}[name])


def test_the_nearest_images_are_looked_for_on_the_device():
    with fake_cuda():
        distances, indices = nearest(images(3), images(5), device="cuda")
    assert distances.shape == indices.shape == (3,)


def labelled(n: int) -> Split:
    return Split(images(n, (1, 20, 20)).numpy(), np.arange(n) % 2)


def test_the_backbones_classifier_is_trained_on_the_device():
    settings = {"epochs": 2, "batch_size": 4, "lr": 1e-3, "width": 0.25}
    splits = {name: labelled(9) for name in ("train", "validation", "test")}
    with fake_cuda():
        model, _ = classifier.train(
            splits, dataset="squares", class_names=(), key="a key", device=torch.device("cuda"), **settings
        )
        assert on_cuda(*model.state_dict().values())


def test_table_5s_classifier_is_trained_on_the_device():
    settings = augmentation.Settings(epochs=2, batch_size=4)
    with fake_cuda():
        trained = augmentation.train(
            labelled(9), labelled(4), n_classes=2, key="a key", run=0, settings=settings, device="cuda"
        )
        assert on_cuda(*trained.model.state_dict().values())
        assert augmentation.predict(trained.model, images(3, (1, 20, 20)).numpy()).device.type == "cpu"
