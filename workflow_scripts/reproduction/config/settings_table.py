"""The settings of every data set of the paper side by side, as docs/reproduction.md shows them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reproduction.config.dataset import Dataset
from reproduction.config.datasets import PAPER_DATASETS, Datasets
from reproduction.config.protocol import ProtocolException

BEGIN = "<!-- settings of configs/paper.yaml, written by `make docs` -->"
END = "<!-- end of the settings -->"
# What the paper calls a setting. These stand in the table also where all data sets have the same.
SYMBOLS = {
    "latent_dim": "d",
    "metric.k": "k",
    "metric.lam": "λ",
    "models.vae.beta": "β",
    "models.vamp.n_components": "K",
    "models.hvae.n_lf": "n_lf in training",
    "models.rhvae.n_lf": "n_lf in training",
    "samplers.manifold.n_steps": "N",
    "samplers.manifold.n_lf": "n_lf",
    "samplers.manifold.eps_lf": "ε",
}
APART = ("options", "exceptions", "classifier")  # of a data set, but no settings of the same kind on all


def insert(document: str, content: Mapping[str, Any]) -> str:
    """The text of a document with the table between its two markers.

    Args:
        document: a text with `BEGIN` and `END`.
        content: the section `datasets` of a config that has the paper's.
    """
    table = f"{BEGIN}\n\n{settings_table(Datasets.model_validate(content))}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: table, document, flags=re.DOTALL)


def settings_table(datasets: Datasets) -> str:
    """A table of the settings that differ or have a symbol, and a list of the others."""
    protocols = {name: getattr(datasets, name) for name in PAPER_DATASETS}
    settings = {name: dict(_settings(protocol)) for name, protocol in protocols.items()}
    rows = {key: [settings[name].get(key) for name in protocols] for key in settings[PAPER_DATASETS[0]]}
    shown = {key: values for key, values in rows.items() if key in SYMBOLS or len(set(values)) > 1}
    lines = [
        table_row(["setting", *(protocol.title for protocol in protocols.values())]),
        "|---" * (len(protocols) + 1) + "|",
        table_row(
            ["image (C, H, W)", *("×".join(map(str, protocol.image_shape())) for protocol in protocols.values())]
        ),
        *(table_row([_label(key), *map(_text, values)]) for key, values in shown.items()),
        table_row(["`exceptions`", *map(_exceptions, protocols.values())]),
    ]
    alike = ", ".join(f"`{key}` {_text(values[0])}" for key, values in rows.items() if key not in shown)
    return "\n".join(lines) + f"\n\nThe same on all: {alike}.\n"


def _settings(protocol: Dataset) -> Iterator[tuple[str, Any]]:
    """All settings of a data set by their keys, joined by dots."""

    def walk(section: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
        for key, value in section.items():
            if isinstance(value, dict):
                yield from walk(value, f"{path}{key}.")
            else:
                yield f"{path}{key}", value

    return walk(protocol.model_dump(exclude=set(APART)), "")


def table_row(cells: list[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _label(key: str) -> str:
    return f"`{key}` ({SYMBOLS[key]})" if key in SYMBOLS else f"`{key}`"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _exceptions(protocol: Dataset) -> str:
    """The exceptions in words: "rhvae: lr 0.0005"."""
    return "; ".join(map(_exception, protocol.exceptions)) or "none"


def _exception(exception: ProtocolException) -> str:
    models = ", ".join(exception.models) if exception.models else "all models"
    models += f" with {', '.join(exception.nets)}" if exception.nets else ""
    kinds = {"full": " on all images", "sized": " on nNUMBER", "class": " on a class", None: ""}
    differing = exception.changes() | exception.settings
    changes = ", ".join(f"{name} {_text(value)}" for name, value in differing.items())
    return f"{models}{kinds.get(exception.subset, f' on {exception.subset}')}: {changes}"
