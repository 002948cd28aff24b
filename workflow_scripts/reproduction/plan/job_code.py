"""Which modules are behind each kind of job: its script's, and those of the names that its wildcards hold."""

from collections.abc import Callable
from types import ModuleType

from geovae.data.table import DATASETS
from geovae.evaluation.table import BACKBONES
from geovae.models.table import MODELS
from geovae.nets.table import NETS
from geovae.sampling.table import SAMPLERS
from reproduction.plan.code import code_of
from reproduction.plan.inputs import NETS_OF_TABLE
from reproduction.plan.keys import Run, Wildcards


def place(entry: str | Callable | ModuleType) -> str:
    """The module of an entry of a table of names: of "module:attribute", of a class or function, or a module itself."""
    if isinstance(entry, str):
        return entry.partition(":")[0]
    return entry.__name__ if isinstance(entry, ModuleType) else entry.__module__


def of_run(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that builds or loads the model of a run."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]))


def of_sampler(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that draws with a sampler."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]), place(SAMPLERS[wildcards.sampler].function))


def of_backbone(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that takes features with a backbone."""
    return code_of(script, place(BACKBONES[wildcards.backbone].load))


def of_neighbours(script: str, wildcards: Wildcards) -> list[str]:
    """The code of a job that decodes with the model of a run and takes features with a backbone."""
    run = Run.parse(wildcards.run)
    return code_of(script, place(MODELS[run.model]), place(NETS[run.net]), place(BACKBONES[wildcards.backbone].load))


def of_backbone_training(script: str, backbone: str) -> list[str]:
    """The code of a job that trains a backbone."""
    return code_of(script, place(BACKBONES[backbone].train))


def of_dataset(script: str, dataset: str) -> list[str]:
    """The code of a job that obtains or prepares a data set."""
    return code_of(script, place(DATASETS[dataset]))


def of_table(script: str, module: str, table: str) -> list[str]:
    """The code of a job that renders a table, by the module of that table."""
    return code_of(script, module, *(place(NETS[net]) for net in NETS_OF_TABLE.get(table, ())))
