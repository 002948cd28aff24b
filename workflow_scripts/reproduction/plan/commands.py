"""What the rules put into their jobs' commands: options of the config, and of files that a job has several of."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.remote import LOGIN_VARIABLE, login_of, without_credentials
from geovae.evaluation.table import BACKBONES
from reproduction.config.config import Config
from reproduction.config.datasets import DOWNLOADED
from reproduction.config.trials import TRIALS
from reproduction.plan.augmentation import class_folders, source_generations
from reproduction.plan.figures import NEIGHBOURS
from reproduction.plan.keys import Run, Wildcards
from reproduction.plan.targets import artefact_files
from reproduction.runtime.stores import Store

# Figures that the paper does not have, in words, where these are not the last part of their names.
UNNUMBERED = {"figure_pullback": "Pull-back metric", "figure_rho": "Choice of ρ"}


# -- files ------------------------------------------------------------------------------------------------------------


def flags(inputs: Mapping[str, Any], *names: str) -> str:
    """Those inputs that a job has, as options of their names: `--latents results/…/latents.npz`."""
    present = [name for name in names if name in inputs.keys()]  # noqa: SIM118 - Snakemake's inputs iterate over paths
    return " ".join(f"--{name.replace('_', '-')} {shlex.quote(str(inputs[name]))}" for name in present)


def sampler_files(inputs: Mapping[str, Any], *names: str) -> str:
    """What a sampler reads as options (`flags`): the card of its images is `--data`, where a job has both."""
    options = flags(inputs, *names, *(["metric_seconds"] if inputs["metric_seconds"] else []))
    return f"{options} --data {shlex.quote(inputs['train'])}" if "subset" in inputs.keys() else options  # noqa: SIM118


def named(option: str, names: Iterable[str], paths: Iterable[str]) -> str:
    """Files under names of their own: `--input NAME=PATH --input …`; names may have blanks."""
    return " ".join(
        f"{option} {shlex.quote(f'{name}={path}')}".lstrip() for name, path in zip(names, paths, strict=True)
    )


def named_inputs(inputs: Mapping[str, Any], option: str = "--input", but: Iterable[str] = ()) -> str:
    """All inputs of a job but some, under their names."""
    left = {name: path for name, path in inputs.items() if name not in but}
    return named(option, left, left.values())


# -- data sets and runs -----------------------------------------------------------------------------------------------


def raw(config: Config, dataset: str, record: Sequence[str]) -> str:
    """Where the raw files lie, for a data set that has any, and the record of them by which they are fetched again."""
    if dataset not in DOWNLOADED:
        return ""
    folder = f"--data-dir {shlex.quote(config.data_dir)} --downloads {shlex.quote(str(record[0]))}"
    return f"{folder} {mirror(config)}".rstrip()


def mirror(config: Config) -> str:
    """Where downloads are tried first, if anywhere; who asks there is in `mirror_login`."""
    return f"--mirror {shlex.quote(without_credentials(config.mirror))}" if config.mirror else ""


def mirror_login(config: Config) -> dict[str, str]:
    """The environment variable with the mirror's user and password, if it has any.

    Commands are printed and recorded, and all users of a machine see them; the environment is its owner's.
    """
    login = login_of(config.mirror or "")
    return {LOGIN_VARIABLE: login} if login else {}


def machine(config: Config, project: Path, cores: int) -> str:
    """For plan_costs: the file of the machine, and how many devices where that is not the file's to say.

    Args:
        config: the build's.
        project: its folder, in which the files are that stand in for one of the user's.
        cores: of this machine, which are planned for without a GPU.
    """
    if config.machine:
        return f"--machine {shlex.quote(config.machine)}"
    folder = project / "configs/machines"
    if config.device == "cuda":
        return f"--machine {shlex.quote(str(folder / 'a100.yaml'))}"
    return f"--machine {shlex.quote(str(folder / 'cores.yaml'))} --count {cores}"


def keep_diverged(wildcards: Wildcards) -> str:
    """In a search, a training that diverges is a result like others; elsewhere it is an error."""
    run = Run.parse(wildcards.run)
    return "--keep-diverged" if run.trial != "base" and run.model in TRIALS else ""


def resume(config: Config, store: Store | None) -> str:
    """Where a training keeps its state, if not beside its results: at `resume_dir`, or else in the store of the build.

    With a blank before it, since a command without it is as it would be without the option.
    """
    folder = config.resume_dir or (f"{store.address}/resume" if store else None)
    return f" --resume-dir {shlex.quote(folder)}" if folder else ""


# -- scores -----------------------------------------------------------------------------------------------------------


def resize(config: Config, wildcards: Wildcards) -> str:
    """How images are enlarged, for a backbone that knows several ways; the others take them as they are."""
    return f"--resize {config.evaluation.resize}" if BACKBONES[wildcards.backbone].resizings else ""


def n_neighbours(config: Config) -> int:
    """How many images of a run Figures 3 and 9 show."""
    sections = [getattr(config.artefacts, figure) for figure in NEIGHBOURS]
    return max(section.n_examples for section in sections if section)


def root(paths: Iterable[str], relative: Iterable[str]) -> str:
    """The folder that inputs lie in where Snakemake has them in another place than the working directory.

    A job that reads thousands of records computes their names from the config: a command cannot hold them all.
    """
    for path, name in zip(paths, relative, strict=False):
        return str(path).removesuffix(name).rstrip("/") or "."
    return "."


# -- augmentation -----------------------------------------------------------------------------------------------------


def training_set(source: str) -> str:
    """What a classifier's training set is called by its script."""
    return source if source in ("raw", "resampled") else "generated"


def classes(config: Config, subsets: Sequence[str]) -> str:
    """The training images of each class, where the classifiers do not see whole splits."""
    return named("--class", class_folders(config), subsets[::2])


def class_samples(config: Config, wildcards: Wildcards, samples: Iterable[str]) -> str:
    """The generated images of each class."""
    generated = source_generations(config, wildcards.source)
    if not generated:
        return ""
    return f"{named('--samples', generated, samples)} --n-per-class {config.artefacts.table2.n_per_class}"


# -- tables, figures, claims ------------------------------------------------------------------------------------------


def artefact_title(name: str) -> str:
    """A table or figure in words: "Table 1", "Figure 12", "Controls" of `figure_controls`."""
    kind, number = re.fullmatch("(table|figure)(.*)", name).groups()
    if number.isdecimal():
        return f"{kind} {number}".capitalize()
    return UNNUMBERED.get(name, number.replace("_", " ").strip().capitalize())


def artefact_targets(config: Config, name: str) -> list[str]:
    """The files of a table or figure.

    Raises:
        GeovaeError: the config leaves it out.
    """
    files = artefact_files(config)
    if name not in files:
        raise GeovaeError(f"config: artefacts.{name} is left out; give it a section (claims: true) to build it.")
    return files[name]
