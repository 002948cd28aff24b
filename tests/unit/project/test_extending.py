"""What docs/extending.md asks of a newcomer; tests/workflow/test_extending.py builds its examples."""

import re
from pathlib import Path

import pytest

from helpers.extensions import CODE, examples, page
from helpers.snakemake_runs import copy_project

EXAMPLES = examples()
# The most files that a part may take.
LIMITS = {"model": 3, "data set": 3, "sampler": 3, "backbone": 2, "table": 3, "figure": 3}


def contents(project: Path) -> dict[str, bytes]:
    """All files of a copy of the project."""
    return {str(path.relative_to(project)): path.read_bytes() for path in project.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return copy_project(tmp_path_factory.mktemp("extending") / "project")


def test_the_page_shows_all_six_parts():
    assert EXAMPLES.keys() == LIMITS.keys()


@pytest.mark.parametrize("part", LIMITS)
def test_an_example_changes_the_files_that_it_names_and_no_other(project, part):
    example, before = EXAMPLES[part], contents(project)
    for edit in example.edits:
        edit.apply(project)
    after = contents(project)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == {f"{CODE}/{path}" for path in example.files}
    assert len(example.files) <= LIMITS[part]
    assert [edit.path for edit in example.edits if not edit.side] == [example.edits[0].path]
    for path in changed:
        compile(after[path], path, "exec")


@pytest.mark.parametrize("part", LIMITS)
def test_the_table_at_the_top_names_the_files_of_the_example(part):
    (line,) = re.findall(rf"^\| \[{part}\]\(#an?-{part.replace(' ', '-')}\) \|(.*)$", page(), re.MULTILINE)
    name = Path(EXAMPLES[part].edits[0].path).stem.removeprefix("table_").removeprefix("figure_")
    named = {path.replace("NAME", name) for path in re.findall(r"`([a-z_/]+\w*\.py)`", line)}
    assert named == EXAMPLES[part].files
