"""The worked examples of docs/extending.md: what they edit, and what they build."""

import re
from pathlib import Path
from typing import NamedTuple

import yaml

from helpers.paths import ROOT

CODE = "workflow_scripts"
_FILE = r"New\s+file\s+`(?P<new>[^`]+)`:"
_INSERTION = r"[Ii]n\s+`(?P<path>[^`]+)`,\s+(?P<side>above|below)\s+`(?P<anchor>[^`]+)`"
_EDIT = re.compile(rf"(?:{_FILE}|{_INSERTION})\n\n```python\n(?P<text>.*?)```", re.DOTALL)


class Edit(NamedTuple):
    """A new file, or lines above or below the line of a file that begins with `anchor`; `path` is below `CODE`."""

    path: str
    text: str
    side: str = ""
    anchor: str = ""

    def apply(self, project: Path) -> None:
        """Make the edit in a copy of the project."""
        file = project / CODE / self.path
        if not self.side:
            assert not file.exists(), f"{self.path} is there already"
            file.write_text(self.text, encoding="utf-8")
            return
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        found = [i for i, line in enumerate(lines) if line.lstrip().startswith(self.anchor)]
        assert len(found) == 1, f"{self.path}: {len(found)} lines begin with {self.anchor}"
        apart = "\n\n" if self.text.startswith(("class ", "def ")) else ""
        lines.insert(found[0] + (self.side == "below"), self.text + apart)
        file.write_text("".join(lines), encoding="utf-8")


class Example(NamedTuple):
    """A section of the page: its edits, the config that it shows, and what it asks Snakemake for."""

    edits: list[Edit]
    config: dict
    targets: list[str]

    @property
    def files(self) -> set[str]:
        """What it makes or edits."""
        return {edit.path for edit in self.edits}


def page() -> str:
    """The whole page."""
    return (ROOT / "docs/extending.md").read_text(encoding="utf-8")


def examples() -> dict[str, Example]:
    """The examples by the part that they are of: "model", "data set" …"""
    _, *sections = re.split(r"^## An? (.*)$", page(), flags=re.MULTILINE)
    return {part: _example(text) for part, text in zip(sections[::2], sections[1::2], strict=True)}


def _example(text: str) -> Example:
    edits = [
        Edit(match["new"] or match["path"], match["text"], match["side"] or "", match["anchor"] or "")
        for match in _EDIT.finditer(text)
    ]
    assert len(edits) == text.count("```python"), "a block of code does not say where it belongs"
    (config,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) or [""]
    (command,) = re.findall(r"```\nsnakemake --cores all (.*)\n```", text)
    return Example(edits, yaml.safe_load(config) or {}, command.partition(" --configfile")[0].split())
