"""The commands of evidence over files that cannot be used: a line that names the file, what is wrong, what to do."""

import errno
import shutil

import pytest

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json, save_json
from geovae.core.tables import save_table
from helpers.evidence_records import ABOUT_IT, write_record
from reproduction.config.config import load_config
from reproduction.evidence import builds, keep, page, render
from reproduction.evidence.builds import BUILDS, config_content
from reproduction.evidence.record import ABOUT, CONFIG, IMAGES, MEASURED, SCORES, read_record
from reproduction.plan.augmentation import classification_records
from reproduction.runtime import crate
from reproduction.runtime.ending import ending_in_words
from reproduction.scores.classification import Source, columns

MNIST = next(build for build in BUILDS if build.name == "mnist")
FASHION = next(build for build in BUILDS if build.name == "fashion_mnist")


def fid(generation) -> float:
    return 10.0


@pytest.mark.parametrize("name", [f"{MEASURED}/pullback_x_scores.json", f"{IMAGES}/figure2.png", "classification.csv"])
@pytest.mark.parametrize("more", [0, 2])
def test_a_file_that_is_gone_from_a_record_is_named_and_not_taken_for_not_built(tmp_path, name, more):
    folder = write_record(tmp_path / "mnist", fid)
    others = [f"{MEASURED}/z{number}_arrays.npz" for number in range(more)]
    save_json(folder / ABOUT, ABOUT_IT | {"files": [CONFIG, SCORES, name, *others]})
    words = "and 2 more that about.json names" if more else "about.json names it"
    with pytest.raises(GeovaeError, match=rf"{folder / name}: no such file[,;] {words}. Restore .* `git restore`"):
        read_record(folder)


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.name)
def test_a_committed_record_misses_each_of_its_files(tmp_path, build):
    folder = tmp_path / build.name
    shutil.copytree(build.folder, folder)
    rendered = {path for path in folder.iterdir() if path.suffix in (".md", ".png")}
    files = [path for path in folder.rglob("*") if path.is_file() and path not in rendered]
    assert len(files) == len(load_json(folder / ABOUT)["files"]) + 1
    for path in files:
        path.rename(tmp_path / "aside")
        with pytest.raises(GeovaeError, match=rf"{path.name}: no such file"):
            read_record(folder)
        (tmp_path / "aside").rename(path)


def test_what_is_damaged_in_a_record_is_restored_and_not_built_again(tmp_path):
    folder = write_record(tmp_path / "mnist", fid)
    path = folder / ABOUT
    path.write_text(path.read_text().replace("What is built", "What was built"))
    with pytest.raises(GeovaeError, match=r"about\.json: not a readable .*\nRestore it with `git restore`, or"):
        read_record(folder)


def test_a_damaged_measurement_is_restored_and_not_built_again(tmp_path):
    shutil.copytree(render.PAGES, tmp_path / "pages")
    path = next((tmp_path / "pages/mnist/measured").glob("interpolation_*_arrays.npz"))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(GeovaeError, match=rf"{path}: not a readable .*\nRestore it with `git restore`, or"):
        render.render(tmp_path / "pages", tmp_path / "new")


def test_an_unknown_key_in_the_config_of_a_record_names_the_file(tmp_path):
    folder = write_record(tmp_path / "mnist", fid)
    save_json(folder / CONFIG, load_json(folder / CONFIG) | {"colour": "red"})
    with pytest.raises(GeovaeError, match=rf"{folder / CONFIG}: .*colour"):
        read_record(folder)


@pytest.mark.parametrize("whole", [True, False])
def test_the_images_of_table_2_are_shown_where_it_is_whole(tmp_path, whole):
    content = config_content(FASHION.config_file)
    config = load_config(content)
    folder = write_record(tmp_path / "fashion_mnist", fid)
    save_json(folder / CONFIG, content)
    (folder / IMAGES).mkdir()
    (folder / IMAGES / "figure10.png").touch()
    names = columns(sorted(config.artefacts.table2.classes))
    if whole:
        rows = []
        for source in map(Source.parse, classification_records(config)):
            row = dict.fromkeys(names, 1) | source._asdict() | {"dataset": "fashion_mnist", "source": source.name}
            row["n_train"] = 2 * config.artefacts.table2.n_per_class
            runs = [row | {"run": run} for run in range(config.artefacts.table2.n_runs)]
            rows += [[run[name] for name in names] for run in runs]
        save_table(folder / "classification.csv", names, rows)
    record = read_record(folder)
    assert (record.config.artefacts.figure10 is not None) == (record.config.artefacts.table2 is not None) == whole
    text = page.page(FASHION, {**dict.fromkeys(BUILDS), FASHION: record})
    assert ("## Figure 10" in text) == whole
    assert ("- Figure 10: 0 of 50 training sets have their classifiers." in text) == (not whole)


# -- commands ---------------------------------------------------------------------------------------------------------


def test_an_error_of_the_system_is_a_sentence_where_it_names_a_file():
    words = r"error: docs/x: No space left on device\. Check the folder, its permissions"
    with pytest.raises(SystemExit, match=words), ending_in_words():
        raise OSError(errno.ENOSPC, "No space left on device", "docs/x")
    with pytest.raises(OSError, match="own"), ending_in_words():
        raise OSError("own")


def test_a_folder_in_the_place_of_a_page_is_named(tmp_path, monkeypatch):
    shutil.copytree(render.PAGES, tmp_path / "pages")
    (tmp_path / "pages/mnist/claims.md").unlink()
    (tmp_path / "pages/mnist/claims.md").mkdir()
    monkeypatch.setattr(render, "PAGES", tmp_path / "pages")
    with pytest.raises(SystemExit, match=r"error: .*claims.*: Is a directory\. Check the folder"):
        render.main([])


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_readme_in_another_encoding_is_named(tmp_path, monkeypatch, arguments):
    readme = tmp_path / "README.md"
    readme.write_bytes(b"\xff")
    monkeypatch.setattr(render, "README", readme)
    monkeypatch.setattr(render, "answered", lambda: render.with_answer(readme, {}))
    monkeypatch.setattr(render, "render", lambda *_: [])
    monkeypatch.setattr(render, "differing", list)
    with pytest.raises(SystemExit, match=rf"error: {readme}: not a readable text in UTF-8 .*\nRestore it"):
        render.main(arguments)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"base: [", "line 1: this is no YAML"), (b"a: 1\n\xff", "line 2: this is no UTF-8"), (None, "No such file")],
)
def test_a_config_that_cannot_be_read_is_named(tmp_path, monkeypatch, content, words):
    path = tmp_path / MNIST.config_file
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    for read in (builds.said_of, builds.config_content):
        monkeypatch.setattr(keep, read.__name__, lambda file, read=read: read(file, tmp_path))
    with pytest.raises(SystemExit, match=rf"error: {path}.*{words}"):
        keep.main(["mnist"])


def test_a_crate_that_cannot_be_written_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "results/tables/table1.md").touch()
    (tmp_path / "results/ro-crate.zip").mkdir()
    with pytest.raises(SystemExit, match=r"error: .*ro-crate.*: Is a directory\. Check the folder"):
        crate.main([])
