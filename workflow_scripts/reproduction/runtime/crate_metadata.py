"""What stands in the `ro-crate-metadata.json` of a build: each file with size and checksum, the run, licence, citation.

Sources: RO-Crate 1.1 (https://w3id.org/ro/crate/1.1); profiles Workflow RO-Crate 1.0, Process Run Crate 0.5 and
Workflow Run Crate 0.5, whose vocabulary has `sha256`.
"""

import hashlib
import json
import mimetypes
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import yaml

from reproduction.runtime.provenance import commit

METADATA = "ro-crate-metadata.json"
MAIN = "Snakefile"
CITATION = Path(__file__).resolve().parents[3] / "CITATION.cff"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
LANGUAGE = {
    "@id": "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
    "@type": "ComputerLanguage",
    "name": "Snakemake",
    "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
    "url": {"@id": "https://snakemake.github.io"},
}
LICENSES = {"MIT": "https://spdx.org/licenses/MIT"}
# Of what the table of types of a system may lack.
FORMATS = {
    ".smk": "text/x-python",
    ".py": "text/x-python",
    ".yaml": "text/yaml",
    ".cff": "text/yaml",
    ".rst": "text/x-rst",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".tex": "text/x-tex",
    ".toml": "application/toml",
    ".html": "text/html",
    ".json": "application/json",
    ".png": "image/png",
    ".pdf": "application/pdf",
}

Entity = dict[str, object]


class Content(NamedTuple):
    """A file of the crate.

    Attributes:
        path: where it lies.
        name: where it lies in the crate.
        role: `workflow`, `config` (the workflow's input) or `result`.
        text: what it is, in a few words; may be empty.
    """

    path: Path
    name: str
    role: str
    text: str = ""


def metadata(files: Sequence[Content]) -> str:
    """The JSON-LD of a crate of these files, `Snakefile` and a result among them."""
    citation = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    end = datetime.fromtimestamp(max(file.path.stat().st_mtime for file in files if file.role == "result"), UTC)
    license_url = LICENSES[citation["license"]]
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "conformsTo": [_ref(SPECIFICATION), _ref(WORKFLOW_CRATE)],
            "about": _ref("./"),
        },
        _root(files, citation, license_url, end),
        _run(files, end),
        *_people_and_paper(citation),
        {"@id": license_url, "@type": "CreativeWork", "name": f"{citation['license']} License"},
        LANGUAGE | {"version": version("snakemake")},
        *({"@id": url, "@type": "CreativeWork", "name": n, "version": v} for url, (n, v) in PROFILES.items()),
        *(_file(file, license_url) for file in files),
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _root(files: Sequence[Content], citation: Entity, license_url: str, end: datetime) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": "The workflow, the config and the tables, figures, scores and claims of one build of it.",
        "datePublished": end.date().isoformat(),
        "license": _ref(license_url),
        "author": _ref("#authors"),
        "publisher": _ref("#authors"),
        "citation": _ref("#paper"),
        "conformsTo": [_ref(url) for url in PROFILES],
        "hasPart": [_ref(file.name) for file in files],
        "mainEntity": _ref(MAIN),
        "mentions": _ref("#run"),
    }


def _run(files: Sequence[Content], end: datetime) -> Entity:
    """The build: the workflow applied to the config."""
    configs = [_ref(file.name) for file in files if file.role == "config"]
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "A build of the workflow",
        "description": "Its last result was written at the end time; each score names its own commit and machine.",
        "instrument": _ref(MAIN),
        "agent": _ref("#authors"),
        "object": configs if len(configs) > 1 else configs[0],
        "result": [_ref(file.name) for file in files if file.role == "result"],
        "endTime": end.isoformat(timespec="seconds"),
    }


def _people_and_paper(citation: Entity) -> list[Entity]:
    paper = citation["references"][0]
    authors = [f"{author['given-names']} {author['family-names']}" for author in paper["authors"]]
    return [
        {"@id": "#authors", "@type": "Organization", "name": citation["authors"][0]["name"]},
        {
            "@id": "#paper",
            "@type": "ScholarlyArticle",
            "name": paper["title"],
            "author": [_ref(f"#{name.replace(' ', '-')}") for name in authors],
            "datePublished": str(paper["year"]),
            "isPartOf": _ref("#proceedings"),
        },
        {
            "@id": "#proceedings",
            "@type": "PublicationVolume",
            "name": paper["collection-title"],
            "volumeNumber": str(paper["volume"]),
        },
        *({"@id": f"#{name.replace(' ', '-')}", "@type": "Person", "name": name} for name in authors),
    ]


def _file(file: Content, license_url: str) -> Entity:
    """A file with its size and checksum; the main workflow with what it is besides."""
    content = file.path.read_bytes()
    guessed = FORMATS.get(file.path.suffix) or mimetypes.guess_type(file.name)[0] or "text/plain"
    entity: Entity = {
        "@id": file.name,
        "@type": "File",
        "name": file.name,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        "encodingFormat": guessed,
    }
    if file.text:
        entity["description"] = file.text
    if file.name == "README.md":
        entity["about"] = _ref("./")
    if file.name == MAIN:
        entity["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
        entity |= {"programmingLanguage": _ref(LANGUAGE["@id"]), "license": _ref(license_url), "version": commit()}
        entity["description"] = "The workflow; its version is the commit of the sources in this crate."
    return entity


def _ref(identifier: str) -> Entity:
    return {"@id": identifier}
