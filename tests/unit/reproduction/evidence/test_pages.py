"""The pages of evidence: what stands on them, what does not, and that they are what the committed records say."""

import os
import subprocess
import sys

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json, save_json
from geovae.core.tables import load_table, save_table
from geovae.evaluation.record import COLUMNS
from helpers.evidence_records import ABOUT_IT, write_record
from reproduction.claims.verdicts import Outcome
from reproduction.config.config import load_config
from reproduction.evidence import answer, builds, glance, overview, page, render, words
from reproduction.evidence.builds import BUILDS, DATA_SETS, Build, config_content, said_of
from reproduction.evidence.effects import effects
from reproduction.evidence.record import ABOUT, CONFIG, SCORES, Kept, missing, read_record, with_done_seeds
from reproduction.plan.augmentation import classification_records
from reproduction.scores.classification import Source

MNIST = next(build for build in BUILDS if build.name == "mnist")
NOTHING = dict.fromkeys(BUILDS)


def fid(generation) -> float:
    """Ours at 10, its spread over trainings 0.1; the prior 5 worse in each, noise better or worse by turns."""
    seed = generation.run.seed
    beside = {"prior": 5.0 + 0.2 * seed, "jitter": (-1.0) ** seed}
    return 10.0 + 0.1 * seed + beside.get(generation.sampler, 0.0)


def judged(record, name):
    found = page.verdicts(record)
    return next(each for _, block in found.blocks for each in block if each.claim.name == name)


def test_three_trainings_decide_and_the_margin_is_that_of_their_differences(tmp_path):
    record = read_record(write_record(tmp_path / "mnist", fid))
    assert judged(record, "prior").outcome == Outcome.HOLDS
    cell = overview.verdict(judged(record, "prior"))
    assert cell == "holds: 5.20 (4.70 to 5.70)"
    assert overview.verdict(judged(record, "jitter")).startswith("not decided: 0.33 (−")
    assert overview.verdict(judged(record, "lam")) == "–"
    assert overview.verdict(None) == "not built yet"


def test_of_two_builds_on_a_data_set_the_first_that_tests_a_claim_says_its_verdict(tmp_path):
    first, second = (
        page.verdicts(read_record(write_record(tmp_path / name, shifted)))
        for name, shifted in (("one", fid), ("other", lambda generation: fid(generation) * 2))
    )
    untested = [each if each.claim.name == "prior" else each._replace(parts=()) for each in first.claims]
    found = overview.by_name(overview.joined([first._replace(claims=tuple(untested)), second]))
    assert overview.verdict(found["prior"]) == "holds: 5.20 (4.70 to 5.70)"
    assert found["best_fid"] == overview.by_name(second)["best_fid"] != overview.by_name(first)["best_fid"]
    assert found["jitter"] == overview.by_name(first)["jitter"] != overview.by_name(second)["jitter"]
    (sizes,) = builds.parts_of(MNIST)[1:]
    alone = overview.judged_by({**NOTHING, sizes: read_record(tmp_path / "other")})
    assert overview.by_name(alone[MNIST])["prior"] == overview.by_name(second)["prior"]


@pytest.mark.parametrize(("build", "other"), [("mnist", "mnist_sizes"), ("mnist_sizes", "mnist")])
def test_two_builds_on_a_data_set_lead_to_each_other(tmp_path, build, other):
    named = {each.name: each for each in BUILDS}
    records = {**NOTHING, named[build]: read_record(write_record(tmp_path / build, fid))}
    link = f"classifier: [{named[other].title}](../{other}/README.md)."
    assert link in page.page(named[build], records)


@pytest.mark.parametrize("seeds", [(0,), (0, 1)])
def test_fewer_than_three_trainings_decide_nothing(tmp_path, seeds):
    record = read_record(write_record(tmp_path / "mnist", fid, seeds))
    found = page.verdicts(record)
    assert {each.outcome for _, block in found.blocks for each in block} == {Outcome.UNDECIDED}
    assert f"{len(seeds)} training" in judged(record, "prior").reason


def test_effects_are_paired_differences_from_ours_in_the_tables_order(tmp_path):
    found = effects(read_record(write_record(tmp_path / "mnist", fid)))
    assert [each.label for each in found[:3]] == ["VAE - N(0, 1)", "VAE - GMM", "VAE - Ours, released"]
    assert found[0].margin.value == pytest.approx(5.2)
    assert found[0].detectable == pytest.approx(found[0].margin.std_error * 5.65, rel=0.01)
    assert found[2].margin.value == 0.0


def test_the_sampler_that_all_rows_are_beside_stands_there_itself(tmp_path):
    record = read_record(write_record(tmp_path / "mnist", fid))
    text = page.page(MNIST, {**NOTHING, MNIST: record})
    precision = np.mean([1 / (10 + 0.1 * seed) for seed in range(3)])
    assert f"VAE - Ours itself, on the mean: FID 10.10, precision {precision:.3f}, recall 0.500." in text
    smallest = [each.detectable for each in effects(record, "precision") if each.detectable]
    assert f"Differences are found in precision from {min(smallest):.3f} to {max(smallest):.3f} on, by the row." in text


def test_a_margin_that_is_not_of_fid_says_of_what(tmp_path):
    record = read_record(write_record(tmp_path / "mnist", fid))
    lines = answer.answer(overview.judged_by({**NOTHING, MNIST: record}))
    heads = [line.split("|")[1].strip() for line in lines[2:]]
    assert {
        "Ours below the prior",
        "Ours beats the mixture (FID or PRD)",
        "About as costly as the mixture (seconds)",
    } <= {*heads}
    assert len(heads) == len(set(heads))


def without_scores_of(folder, *seeds):
    """Take the first score of these seeds out of a record."""
    rows = [[row[name] for name in COLUMNS] for row in load_table(folder / SCORES)]
    for seed in seeds:
        rows.remove(next(row for row in rows if row[COLUMNS.index("seed")] == str(seed)))
    save_table(folder / SCORES, COLUMNS, rows)
    return read_record(folder)


def test_a_table_stands_on_the_trainings_that_are_done_in_all_rows(tmp_path):
    record = without_scores_of(write_record(tmp_path / "mnist", fid, (0, 1, 2, 3)), 1)
    assert record.config.artefacts.table1.seeds == [0, 2, 3]
    assert record.asked.artefacts.table1.seeds == [0, 1, 2, 3]
    text = page.page(MNIST, {**NOTHING, MNIST: record})
    assert "- Table 1: 3 of 4 trainings of each model." in text
    assert "left out" not in text
    assert "## Table 1" in text
    assert words.span(judged(record, "prior"))[1].endswith("3 trainings)")


def test_table_2_stands_on_the_trainings_of_which_all_classifiers_are_there(tmp_path):
    asked = load_config(config_content("configs/evidence/fashion_mnist.yaml"))
    sources = [Source.parse(text) for text in classification_records(asked)]
    rows = [source._asdict() | {"source": source.name} for source in sources if source.seed in (None, 0, 2)]
    kept = Kept(tmp_path, [], rows)
    assert missing(asked, kept, ["table2"]) == {"table2": "34 of 50 training sets have their classifiers"}
    assert with_done_seeds(asked, kept).artefacts.table2.seeds == [0, 2]
    without_raw = Kept(tmp_path, [], rows[1:])
    assert with_done_seeds(asked, without_raw).artefacts.table2.seeds == [0, 1, 2]
    assert "table2" in missing(asked, without_raw)


def test_a_record_that_lacks_a_score_leaves_the_table_out_and_says_how_far_it_is(tmp_path):
    record = without_scores_of(write_record(tmp_path / "mnist", fid), 0, 1, 2)
    text = page.page(MNIST, {**NOTHING, MNIST: record})
    assert "- Table 1: 33 of 36 generations are scored." in text
    assert "## Table 1" not in text
    assert overview.verdict(judged(record, "prior")) == "–"
    assert record.config.artefacts.table1 is None
    assert record.asked.artefacts.table1 is not None


def test_verdicts_are_of_what_a_build_has_and_the_other_claims_are_named(tmp_path):
    text = page.page(MNIST, {**NOTHING, MNIST: read_record(write_record(tmp_path / "mnist", fid))})
    rows = [line for line in text.splitlines() if line.startswith("| Ours below the prior |")]
    (others,) = (line for line in text.splitlines() if line.startswith("Not part of this build: "))
    assert len(rows) == 1
    assert "“Best at every training size”" in others
    assert "“Ours below the prior”" not in others
    assert "| Best at every training size |" not in text


def test_without_a_record_a_page_says_so_and_nothing_else():
    text = page.page(MNIST, NOTHING)
    assert text.splitlines()[0] == "# MNIST"
    assert "Not built yet. Its config: `configs/evidence/mnist.yaml`." in text
    assert len(text.splitlines()) == 5
    assert glance.state(None, "prior") is None


def test_images_of_a_folder_are_called_by_their_name(tmp_path):
    build = Build("celeba", "CelebA", "celeba")
    folder = write_record(tmp_path / "celeba", fid, dataset="folder")
    content = load_json(folder / CONFIG)
    content["datasets"]["folder"]["title"] = "CelebA"
    save_json(folder / CONFIG, content)
    record = read_record(folder)
    text = page.page(build, {build: record})
    assert "CelebA (2) FID" in text
    assert "Folder" not in text
    assert "CelebA: not in the paper's table, a stand-in for its data sets" in text


def test_images_of_a_folder_that_are_the_papers_are_no_stand_in(tmp_path):
    build = Build("celeba", "CelebA", "celeba")
    folder = write_record(tmp_path / "celeba", fid, dataset="folder")
    content = load_json(folder / CONFIG)
    content["datasets"]["folder"] |= {"title": "CelebA", "part_of": "celeba"}
    save_json(folder / CONFIG, content)
    record = read_record(folder)
    text = page.page(build, {build: record})
    assert "CelebA: images taken from the paper's data set, in another split" in text
    basis = page.verdicts(record).basis
    assert "stand-in" not in text + " ".join(basis)
    assert any(line.startswith("CelebA (taken from the paper's data): ") for line in basis)


def test_texts_of_a_record_are_texts_on_the_pages(tmp_path):
    """Neither HTML, nor a link, a heading, or a cell more of a table; a paragraph may have code."""
    folder = write_record(tmp_path / "mnist", fid)
    odd = "<script>x</script>|`id`\n# H\n[a](javascript:b)"
    builds = [{**ABOUT_IT["builds"][0], "machine": odd, "date": odd}]
    save_json(folder / ABOUT, {**ABOUT_IT, "said": [odd], "command": odd, "builds": builds})
    rows = [[row[name] for name in COLUMNS] for row in load_table(folder / SCORES)]
    for column in ("commit", "device"):
        rows[0][COLUMNS.index(column)] = odd
    save_table(folder / SCORES, COLUMNS, rows)
    records = {**NOTHING, MNIST: read_record(folder)}
    plain = r"\<script\>x\</script\>\|\`id\` # H [a]\(javascript:b)"
    lines = page.page(MNIST, records).splitlines()
    assert lines[4] == plain.replace("\\`", "`")
    assert "| command | `<script>x</script>\\|'id' # H [a](javascript:b)` |" in lines
    assert f"| machine | {plain}, x ({plain}) |" in lines
    assert f"| last result | {plain} |" in lines
    assert f"| commits of the scores | {plain}, x |" in lines
    overall = overview.page(records, overview.judged_by(records)).splitlines()
    assert any(line.startswith(f"- [MNIST](mnist/README.md): {plain}, ") for line in overall)


def test_rendering_again_gives_the_same_bytes_and_a_changed_page_is_found(tmp_path):
    write_record(tmp_path / "mnist", fid)
    written = render.render(tmp_path, tmp_path)
    assert {"README.md", "claims.png", "mnist/README.md", "mnist/claims.md", "celeba/README.md"} <= set(written)
    assert render.differing(tmp_path) == []
    changed = tmp_path / "mnist/README.md"
    changed.write_text(changed.read_text().replace("5.20", "9.20"))
    (tmp_path / "mnist/figure9.png").touch()
    assert render.differing(tmp_path) == ["mnist/README.md", "mnist/figure9.png"]


def test_the_committed_pages_are_what_the_committed_records_say():
    assert render.differing() == []


def test_the_pages_are_the_same_bytes_on_a_processor_with_fewer_instructions():
    found = np._core._multiarray_umath
    more = [name for name in found.__cpu_dispatch__ if found.__cpu_features__[name]]
    without = {"NPY_DISABLE_CPU_FEATURES": ",".join(more), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = (sys.executable, "-m", "reproduction.evidence.render", "--check")
    result = subprocess.run(command, env=os.environ | without, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_the_readme_has_the_answer_of_the_committed_records():
    text = render.README.read_text(encoding="utf-8")
    assert render.answered() == text
    assert text.count(answer.BEGIN) == text.count(answer.END) == 1


def test_the_answer_is_of_what_is_built_and_tested(tmp_path):
    record = read_record(write_record(tmp_path / "mnist", fid))
    lines = answer.answer(overview.judged_by({**NOTHING, MNIST: record}))
    assert lines[0] == "| claim or question | MNIST |"
    assert "| Ours below the prior | holds: 5.20 (4.70 to 5.70) |" in lines
    assert not any("λ hardly matters" in line for line in lines)
    assert answer.answer(overview.judged_by(NOTHING)) == ["Not built yet."]


def test_the_first_page_names_what_no_build_has(tmp_path):
    records = {**NOTHING, MNIST: read_record(write_record(tmp_path / "mnist", fid))}
    text = overview.page(records, overview.judged_by(records))
    (papers, ours) = [line for line in text.splitlines() if line.startswith("No build has these yet: ")]
    assert "“λ hardly matters”" in papers
    assert "“Some geometry beats isotropic noise”" in ours
    assert "Ours below the prior" not in papers
    row = "| Ours below the prior | holds: 5.20 (4.70 to 5.70) |" + " not built yet |" * 3
    assert row in text.splitlines()
    titles = [label.get_text() for label in glance.figure(overview.judged_by(records)).axes[0].get_yticklabels()]
    assert "Ours below the prior" in titles
    assert "λ hardly matters" not in titles


def test_the_first_page_sums_what_the_builds_took(tmp_path):
    records = {build: read_record(write_record(tmp_path / build.name, fid)) for build in BUILDS[:2]}
    lines = overview.page({**NOTHING, **records}, overview.judged_by({**NOTHING, **records})).splitlines()
    assert "- [MNIST](mnist/README.md): 2026-01-02, 72 score records, 1.5 processor hours." in lines
    assert "All of them together took 3.0 processor hours, of the machines that the pages name." in lines


def test_the_answer_is_written_between_its_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"a\n{answer.BEGIN}\nold\n{answer.END}\nb\n")
    once = answer.with_answer(readme, overview.judged_by(NOTHING))
    assert once == f"a\n{answer.BEGIN}\n\nNot built yet.\n\n{answer.END}\nb\n"
    readme.write_text(once)
    assert answer.with_answer(readme, overview.judged_by(NOTHING)) == once
    readme.write_text("without marks")
    with pytest.raises(GeovaeError, match=r"README\.md: it lacks the lines"):
        answer.with_answer(readme, overview.judged_by(NOTHING))


def test_a_page_says_what_was_cut_as_its_config_does(tmp_path):
    record = read_record(write_record(tmp_path / "mnist", fid))
    assert "What is built.\n\nCut: 1\\_000 images.\n" in page.page(MNIST, {**NOTHING, MNIST: record})
    built, cut = said_of(MNIST.config_file)
    assert built.startswith("Evidence on MNIST: `snakemake --cores 1")
    assert cut.startswith("Cut, for processor hours: nets at 1/16 of Table 4's width")
    assert cut.endswith(".")


def test_every_build_has_its_config():
    assert {build.size_of for build in BUILDS} == {"", "mnist"}
    assert len(DATA_SETS) == 4
    for build in BUILDS:
        assert (render.PAGES.parents[1] / build.config_file).is_file()
