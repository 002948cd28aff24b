"""docs/protocol.md: the paper's protocol beside those of configs/paper.yaml and of the embedded default.

`python -m reproduction.plan.protocol_page` writes it, `--check` fails if it is not what the configs say.
"""

from pathlib import Path
from typing import Any

import yaml

from reproduction.config.config import Config, load_config
from reproduction.config.documents import write_or_check
from reproduction.config.settings_table import table_row
from reproduction.plan.commands import artefact_title
from reproduction.plan.paper_protocol import (
    ARTEFACTS,
    SAMPLER,
    SCORING,
    STAND_INS,
    TRAININGS,
    Setting,
    say,
    trainings,
)

ROOT = Path(__file__).parents[3]
CONFIGS = ("configs/paper.yaml", "config.yaml")
HEADER = """# Protocol

<!-- Written by `make docs` from the configs and workflow_scripts/reproduction/plan/paper_protocol.py. -->

What the paper says of how each table and figure is made, and what is done here: by `configs/paper.yaml`, which is the
paper's protocol, and by `config.yaml`, the embedded default for two CPU cores. **≠** marks what differs from the paper;
– is where the paper says nothing. [Choices](reproduction.md) says what was decided there, and why.
"""


def page() -> str:
    """The whole page."""
    paper, default = (load_config(yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))) for name in CONFIGS)
    parts = [HEADER, _section("Scores", SCORING, paper, default), _section("The sampler", SAMPLER, paper, default)]
    parts += [_trainings(name, paper, default) for name in TRAININGS]
    parts += [_section(artefact_title(name), facts, paper, default) for name, facts in ARTEFACTS.items()]
    return "\n".join(parts)


def _section(title: str, facts: list[Setting], *configs: Config) -> str:
    rows = [(fact.what, fact.paper, fact.place, *(fact.of(config) for config in configs)) for fact in facts]
    return _table(title, rows)


def _trainings(dataset: str, paper: Config, default: Config) -> str:
    """The trainings on a data set, and on the default's stand-in for it if it has one."""
    stand_in = STAND_INS.get(dataset)
    ours = trainings(paper, dataset)
    theirs = trainings(default, stand_in) if stand_in else dict.fromkeys(ours)
    place = "Appendix D, Tables 1 and 4"
    rows = [(what, value, place, ours[what], theirs[what]) for what, value in TRAININGS[dataset].items()]
    named = f", {default.protocol(stand_in).title} in the default" if stand_in else ""
    return _table(f"Trainings on {paper.protocol(dataset).title}{named}", rows)


def _table(title: str, rows: list[tuple[str, Any, str, Any, Any]]) -> str:
    head = ["what", "paper", "where", *(f"`{name}`" for name in CONFIGS)]
    lines = [f"## {title}", "", table_row(head), "|---" * len(head) + "|"]
    for what, said, place, *ours in rows:
        lines.append(table_row([what, say(said), place, *(_marked(value, said) for value in ours)]))
    return "\n".join(lines) + "\n"


def _marked(value: Any, said: Any) -> str:
    """A value of ours, marked where it differs from what the paper says."""
    alike = said is None or value is None or say(value) == say(said)
    return say(value) if alike else f"{say(value)} **≠**"


def documents() -> dict[str, str]:
    """Path below the repository's root and content of the page."""
    return {"docs/protocol.md": page()}


if __name__ == "__main__":
    write_or_check(__doc__, documents())
