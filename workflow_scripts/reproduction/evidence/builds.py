"""The builds whose records are kept: a config in configs/evidence, a folder in docs/evidence, and what it is of."""

from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from reproduction.config.config import load_config
from reproduction.config.files import check_files
from reproduction.config.layers import lies_over_default, merged

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "docs/evidence"


class Build(NamedTuple):
    """A build whose record is kept.

    Attributes:
        name: of its config and of its record's folder.
        title: what its images are called.
        paper: the paper's data set whose numbers its rows are set beside; "" where the paper has none.
        size_of: the build that it repeats at another size, to show whether that matters; "" for one of its own.
        part_of: the build on the same data set that it adds to, on other features; "" for one of its own.
    """

    name: str
    title: str
    paper: str = ""
    size_of: str = ""
    part_of: str = ""

    @property
    def folder(self) -> Path:
        """Where its record and its page lie."""
        return PAGES / self.name

    @property
    def config_file(self) -> str:
        """Its config, below the root of the repository."""
        return f"configs/evidence/{self.name}.yaml"


BUILDS = (
    Build("mnist", "MNIST", "mnist"),
    Build("fashion_mnist", "Fashion-MNIST"),
    Build("cifar10", "CIFAR10", "cifar10"),
    Build("celeba", "CelebA", "celeba"),
    Build("mnist_sizes", "MNIST, training sizes and controls", "mnist", part_of="mnist"),
    Build("mnist_wide", "MNIST, full width", "mnist", "mnist"),
    Build("mnist_long", "MNIST, twice the epochs", "mnist", "mnist"),
)
DATA_SETS = tuple(build for build in BUILDS if not (build.size_of or build.part_of))


def parts_of(build: Build) -> tuple[Build, ...]:
    """The builds on the data set of one of them, in the order in which their verdicts count."""
    first = build.part_of or build.name
    return tuple(other for other in BUILDS if first in (other.name, other.part_of))


def sizes_of(build: Build) -> tuple[Build, ...]:
    """The builds that repeat a build at another size."""
    return tuple(other for other in BUILDS if other.size_of == build.name)


def said_of(file: str, root: Path = ROOT) -> list[str]:
    """The paragraphs that stand as comments at the head of a config file: what is built, and what was cut.

    Raises:
        GeovaeError: the file cannot be read.
    """
    check_files([root / file])
    lines = (root / file).read_text(encoding="utf-8-sig").splitlines()
    head = [line.removeprefix("#").strip() for line in takewhile(lambda line: line.startswith("#"), lines)]
    return [" ".join(filter(None, part.split("\n"))) for part in "\n".join(head).split("\n\n")]


def config_content(file: str, root: Path = ROOT) -> dict[str, Any]:
    """The whole content of a config file, every default filled in, as JSON can hold it; nothing of a command line.

    Raises:
        GeovaeError: the file cannot be read, is no YAML, or no config.
    """
    import yaml

    check_files([root / file])
    content = yaml.safe_load((root / file).read_bytes())
    if lies_over_default(content, [file]):
        check_files([root / "config.yaml"])
        content = merged(yaml.safe_load((root / "config.yaml").read_bytes()), content)
    return load_config(content).model_dump(mode="json", exclude_none=False)
