"""A finished build as one file to deposit: workflow, config, tables, figures, scores and provenance as an RO-Crate.

PYTHONPATH=workflow_scripts python -m reproduction.runtime.crate    (`make crate` does)

It is a Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5) on RO-Crate 1.1, zipped. Models, generated
images and raw data stay out: the workflow makes them again.
"""

import argparse
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.storage import atomic
from reproduction.runtime.crate_metadata import METADATA, Content, metadata
from reproduction.runtime.ending import ending_in_words

ROOT = Path(__file__).resolve().parents[3]
RESULTS = Path("results")
CRATE = RESULTS / "ro-crate.zip"
WORKFLOW = (
    *("Snakefile", "workflow/Snakefile", "config/*", "config.yaml", "configs/**/*.yaml"),
    *("rules/**/*.smk", "rules/captions/*.rst", "envs/*"),
    *("profiles/**/*.yaml", "workflow_scripts/**/*.py", "workflow_scripts/**/*.csv", "workflow_scripts/**/py.typed"),
    *("Makefile", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "docs/reproduction.md"),
)
# Below results/.
PRODUCTS = {
    "tables/*": "a table of the paper, rebuilt",
    "figures/*": "a figure of the paper, rebuilt, or a diagnostic beside it",
    "scores.csv": "every score record: Fréchet distance, precision and recall, novelty, and what produced them",
    "scores/*.csv": "the score records of one table or figure",
    "classification.csv": "the runs of the classifiers of Table 2",
    "metrics.csv": "properties of the metrics of the figure of ρ",
    "claims.*": "the paper's claims, with verdicts",
    "provenance.html": "versions, commits, devices and settings behind the scores",
    "report.html": "all tables and figures with captions and run times",
    "data/*/*/card.json": "source, licence, checksums and counts of a data set's split",
}


def contents(configfiles: Sequence[Path]) -> Iterator[Content]:
    """The files of the crate.

    Raises:
        GeovaeError: a config file is missing, or nothing has been built.
    """
    if absent := [str(path) for path in configfiles if not path.is_file()]:
        raise GeovaeError(f"{', '.join(absent)}: no such config file. Name that of the build.")
    configs = {path.resolve() for path in configfiles}
    for path in sorted({path for pattern in WORKFLOW for path in ROOT.glob(pattern) if path.is_file()}):
        role = "config" if path in configs else "workflow"
        yield Content(path, path.relative_to(ROOT).as_posix(), role)
    for number, path in enumerate(sorted(path for path in configs if ROOT not in path.parents), start=1):
        yield Content(path, f"config/{number}/{path.name}", "config")
    built = [(path, text) for pattern, text in PRODUCTS.items() for path in sorted(RESULTS.glob(pattern))]
    if not any(path.parts[1] in ("tables", "figures") for path, _ in built):
        raise GeovaeError(f"{RESULTS}: there are no tables or figures. Build them with `make run`.")
    for path, text in built:
        yield Content(path, path.as_posix(), "result", text)


def write_crate(path: Path, configfiles: Sequence[Path]) -> int:
    """Write the crate of the build in this folder; the number of its files. Raises as `contents` does."""
    files = list(contents(configfiles))
    with atomic(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        # A date of its own for every file would make another archive of the same files.
        archive.writestr(zipfile.ZipInfo(METADATA), metadata(files), zipfile.ZIP_DEFLATED)
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name), file.path.read_bytes(), zipfile.ZIP_DEFLATED)
    return len(files)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the crate, and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = [ROOT / "config.yaml"]
    parser.add_argument("--configfile", nargs="+", type=Path, default=default, help="as of the build: config.yaml")
    options = parser.parse_args(argv)
    with ending_in_words():
        n_files = write_crate(CRATE, options.configfile)
    print(f"{CRATE}: {n_files} files, {CRATE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
