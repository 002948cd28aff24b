"""What the jobs of a build would refuse, found before the first of them: where the checks of jobs and config meet.

A key's own range is in the config's sections. Here is what follows from several keys together, and from what is known
of the data before they are read. Each check is the job's own function where that needs no torch (`check_net`,
`split_labels`), and else states the job's condition beside its key.
"""

from collections.abc import Iterator

from geovae.core.errors import GeovaeError
from geovae.evaluation.table import BACKBONES
from geovae.nets.sizes import check_net, most_layers
from geovae.sampling.table import HELD_OUT
from reproduction.config.base import subset_parts
from reproduction.config.config import Config
from reproduction.config.searches import trial_settings
from reproduction.config.variants import variant_options
from reproduction.plan.augmentation import class_subsets, n_samples
from reproduction.plan.cells import SCORED
from reproduction.plan.comparisons import RECORDS, compared_runs
from reproduction.plan.figures import latent_space_run
from reproduction.plan.image_counts import image_counts, training_images
from reproduction.plan.job_settings import sampler_reads, trained_backbone
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run, protocol_of
from reproduction.plan.targets import ARTEFACTS, shown_generations

# The figures that show so many images of each generation, by the key that says how many, and the two that show 100.
SHOWN = {
    **dict.fromkeys(("figure2", "figure7", "figure8", "figure10"), "columns"),
    **dict.fromkeys(("figure3", "figure9"), "n_examples"),
    **dict.fromkeys(("figure5", "figure6"), 100),
}
# The fewest images on each side that scores are taken of, beside those of FID.
FEWEST = {"kid": 4, "precision_recall": 4, "density_coverage": 6, "fid_bootstrap": 2}
# The released pipeline encodes and decodes so many images at a time, and none has a batch of its own.
BATCHES = {"training images": 100, "generated images": 500}
LISTED = 4


def check_jobs(config: Config) -> None:
    """Refuse a config with which a job would fail.

    Raises:
        GeovaeError: a line for each of the first mistakes, which names the key.
    """
    found = list(dict.fromkeys(_problems(config)))
    if found:
        more = [f"… and {len(found) - LISTED} more"] if len(found) > LISTED else []
        raise GeovaeError("\n".join(f"config: {problem}" for problem in [*found[:LISTED], *more]))


def _problems(config: Config) -> Iterator[str]:
    for name in ARTEFACTS:
        if getattr(config.artefacts, name) in (None, False) or name == "claims":
            continue
        generations = sorted(shown_generations(config, name))
        runs = {generation.run for generation in generations} | set(_more_runs(config, name))
        sizes = {}
        for run in sorted(runs):
            where = f"artefacts.{name}"
            try:
                sizes[run] = _check_run(config, run)
            except GeovaeError as reason:
                yield f"{where}: {reason}"
        for generation in generations:
            if generation.run in sizes:
                yield from _of_generation(config, name, generation, sizes[generation.run])
        yield from _of_figure(config, name)
        if name in SCORED:
            yield from (
                problem for dataset in sorted({run.dataset for run in runs}) for problem in _of_scores(config, dataset)
            )
    yield from _of_classifiers(config)


def _more_runs(config: Config, artefact: str) -> list[Run]:
    """The runs that an artefact needs beside those of its generations."""
    if artefact == "figure1":
        return [latent_space_run(config)]
    return compared_runs(config, artefact) if artefact in RECORDS else []


def _check_run(config: Config, run: Run) -> int | None:
    """The training images of a run, or the most that there can be; None where nothing is known.

    Raises:
        GeovaeError: its model cannot be built or trained.
    """
    protocol = protocol_of(config, run)
    shape = protocol.image_shape()
    check_net(run.net, shape, protocol.latent_dim, protocol.width)
    settings = trial_settings(protocol, run.model, run.trial)
    if settings.get("reconstruction_layer", 1) > most_layers(shape):
        raise GeovaeError(
            f"datasets.{run.dataset}.models.vaegan.reconstruction_layer = {settings['reconstruction_layer']} "
            f"(trial {run.trial}): the discriminator of such images has {most_layers(shape)} layers."
        )
    n = training_images(run.dataset, config.protocol(run.dataset), run.subset)
    if n is not None and n < 2:
        raise GeovaeError(f"subset {run.subset} of {run.dataset} has {n} training images, but at least 2 are needed.")
    counts = image_counts(run.dataset, config.protocol(run.dataset))
    wanted, _ = subset_parts(run.subset)
    if counts and wanted is not None and counts["validation"].get(wanted, 1) == 0:
        raise GeovaeError(f"subset {run.subset} of {run.dataset} has no validation images. Take more images.")
    return n


def _of_generation(config: Config, artefact: str, generation: Generation, n: int | None) -> Iterator[str]:
    """What the sampler of a generation would refuse, which an artefact shows and which has n training means."""
    run, options = generation.run, variant_options(generation.variant)
    protocol, where = protocol_of(config, run), f"datasets.{generation.run.dataset}"
    if n is None:
        return
    few = f"subset {run.subset} of {run.dataset} has {n} training images"
    if "metric" in sampler_reads(config, generation):
        k = options.get("k", protocol.metric.k)
        key = f"artefacts.{artefact}: variant {generation.variant}" if "k" in options else f"{where}.metric.k = {k}"
        if k > n:
            yield f"{key}: {few}"
    named = f"{generation.sampler}/{generation.variant}"
    if generation.sampler == "gmm":
        components = options.get("components", protocol.samplers.gmm.n_components)
        key = named if "components" in options else f"{where}.samplers.gmm.n_components = {components}"
        if components != HELD_OUT and components > n:
            yield f"{key}: {few}"
    if generation.sampler == "parzen" and options.get("nn", 0) >= n:  # a mean is no neighbour of its own
        yield f"{named}: {few}"
    if generation.sampler == "manifold_released" and protocol.samplers.manifold_released.batch_statistics:
        for what, count in (("training images", n), ("generated images", n_samples(config, generation))):
            if count % BATCHES[what] == 1:
                yield (
                    f"{where}.samplers.manifold_released.batch_statistics: of {count} {what}, {BATCHES[what]} at a "
                    "time, one is left alone. Take one more or less."
                )


def _of_figure(config: Config, name: str) -> Iterator[str]:
    """Whether there are as many samples as a figure shows."""
    asked = SHOWN.get(name)
    if asked is None:
        return
    shown = asked if isinstance(asked, int) else getattr(getattr(config.artefacts, name), asked)
    made = min(n_samples(config, generation) for generation in shown_generations(config, name))
    if shown > made:
        key = "" if isinstance(asked, int) else f".{asked} = {shown}"
        of = "artefacts.table2.n_per_class" if name == "figure10" else "evaluation.n_samples"
        yield f"{of} = {made}: artefacts.{name}{key} shows {shown} samples"


def _of_scores(config: Config, dataset: str) -> Iterator[str]:
    """Whether there are enough images on both sides of a score, and of every class for a classifier."""
    counts, evaluation = image_counts(dataset, config.protocol(dataset)), config.evaluation
    if counts is None:
        counts = {split: {None: evaluation.n_samples} for split in SCORED_SPLITS}
    for split in SCORED_SPLITS:
        n = min(evaluation.n_samples, sum(counts[split].values()))
        said = f"{n} images are scored against the {split} images of {dataset}"
        if n < 2:
            yield f"evaluation.n_samples = {evaluation.n_samples}: {said}, at least 2 are needed"
        if 2 * n < evaluation.prd.n_clusters:
            yield f"evaluation.prd.n_clusters = {evaluation.prd.n_clusters}: {said}, too few for so many clusters"
        for extra in evaluation.extra:
            if n < FEWEST[extra]:
                yield f"evaluation.extra, {extra}: {said}, at least {FEWEST[extra]} are needed"
    is_trained = BACKBONES[evaluation.backbone].train and not trained_backbone(config, evaluation.backbone, dataset)
    if is_trained and 0 in counts.get("train", {}).values():
        yield f"datasets.{dataset}.options: a class has no training image, and evaluation.backbone needs some of each"


def _of_classifiers(config: Config) -> Iterator[str]:
    """Whether each class of Table 2 has images in each split."""
    table = config.artefacts.table2
    if table is None:
        return
    counts = image_counts(table.dataset, config.protocol(table.dataset)) or {}
    for split, classes in counts.items():
        for name in class_subsets(config):
            if classes.get(name, 1) == 0:
                yield f"datasets.{table.dataset}.options: class {name} of artefacts.table2 has no {split} image"
