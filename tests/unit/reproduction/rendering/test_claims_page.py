"""The page of claims: on what it rests, the verdict on each claim in both forms, and the script that writes it."""

import importlib.util
import json
import re

import pytest

from geovae.core.tables import save_table
from geovae.evaluation.record import COLUMNS
from helpers.claim_scores import SETTINGS, classifiers, world
from helpers.paths import ROOT
from reproduction.claims.evidence import Evidence
from reproduction.rendering.claims import build, glance
from reproduction.rendering.claims_markdown import markdown_page
from reproduction.rendering.claims_web import html_page
from reproduction.scores.classification import columns


def page():
    return build(Evidence(world(), SETTINGS, classifiers()))


def test_the_page_says_on_what_it_rests_before_any_verdict():
    text = markdown_page(page())
    basis = text[: text.index("**The verdicts.**")]
    for words in (
        "Digits (a stand-in for the paper's data): up to 3 trainings of each model, 500 images per score.",
        "Phantoms (a stand-in for the paper's data): 280 classifiers in all, no scores.",
        "A verdict about stand-in data decides nothing about the paper's data.",
        "the paper takes Inception",
    ):
        assert words in basis
    one = markdown_page(build(Evidence(world(seeds=(0,)), SETTINGS)))
    assert "one training of each model" in one


def test_paper_data_on_inception_carry_no_warning():
    settings = {**SETTINGS, "backbone": "inception", "datasets": [{**SETTINGS["datasets"][0], "stand_in": False}]}
    text = markdown_page(build(Evidence([], {k: settings[k] for k in ("split", "backbone", "datasets")})))
    assert "decides nothing" not in text
    assert "Digits (data of the paper): no scores." in text


def test_both_forms_give_every_claim_its_verdict():
    built = page()
    markdown, web = markdown_page(built), html_page(built)
    for judged in (*built.claims, *built.questions):
        title = re.escape(judged.claim.title)
        assert re.search(rf"^\| {title} \|[^|]*\| {judged.outcome} \|.*\|$", markdown, re.M)
        block = markdown[markdown.index(f"### {judged.claim.title}\n") :].split("\n### ")[0]
        assert f"**Verdict: {judged.outcome}." in block
        section = re.search(rf'<h3 id="{judged.claim.name}">{title}</h3>.*?</section>', web, re.S).group()
        assert re.search(r'<strong>Verdict:</strong> <span class="badge (holds|ahead|undecided)">', section)
        assert section.count('<td class="where">') == len(judged.parts)
        assert re.search(rf'<a href="#{judged.claim.name}">{title}</a>.*{judged.outcome}</span>', web)
    assert markdown.index("The paper's claims") < markdown.index("Questions that the paper does not ask")


def test_the_papers_words_and_numbers_stand_beside_the_verdict():
    markdown, web = markdown_page(page()), html_page(page())
    assert "| Ours beats the mixture | Section 5.1, Table 1 | holds | does not hold | 3 |" in markdown
    assert "| λ hardly matters | Appendix F.2, Figure 14 | holds | – | 3 |" in markdown
    assert "| Better than a kernel density | – | holds | – | 1 |" in markdown
    printed = "In the paper's own numbers: does not hold (against it: SVHN, F1/8)."
    assert f"**Verdict: holds.** It rests on 3 comparisons. {printed}" in markdown
    assert printed in web
    quote, place = "“As shown in Figure 14, the influence of λ remains limited.”", "(Appendix F.2, Figure 14)"
    assert f"> {quote} {place}" in markdown
    assert f"<blockquote>{quote} <cite>{place}</cite></blockquote>" in web


def test_the_page_begins_with_the_verdicts_counted():
    line = markdown_page(page()).splitlines()[2]
    assert line == glance(page())
    assert f'<p class="glance">{line}</p>' in html_page(page())
    outcomes = [str(judged.outcome) for judged in page().claims]
    assert line.startswith(f"At a glance: {len(outcomes)} claims of the paper. Here: {outcomes.count('holds')} × holds")
    assert f"In the paper's own numbers: 12 × holds, 3 × does not hold, {len(outcomes) - 15} × not printed." in line


def test_comparisons_have_their_margins_in_a_column():
    built = build(Evidence(world(noise=0.0), SETTINGS, classifiers()))
    numbers, margin = "VAE - Ours 8.00, VAE - N(0, 1) 40.00", "32.00 (95 % interval 32.00 to 32.00, 3 trainings)"
    assert f"| Digits, FID | {numbers} | {margin} | holds |" in markdown_page(built)
    cells = f"<td>{numbers}</td><td>{margin}</td>"
    badge = '<span class="badge holds">holds</span>'
    assert f'<td class="where">Digits, FID</td>{cells}<td>{badge}</td>' in html_page(built)


def test_the_page_counts_its_comparisons():
    built = page()
    judged = [*built.claims, *built.questions]
    total = sum(each.n_comparisons for each in judged)
    assert total == sum(part.n_comparisons for each in judged for part in each.parts) > 200
    text = markdown_page(built)
    assert f"Behind the {len(judged)} verdicts of this page are {total} comparisons of numbers." in text
    assert "chance would still decide up to 2 verdicts" in text
    empty = markdown_page(build(Evidence([], {name: SETTINGS[name] for name in ("split", "backbone", "datasets")})))
    assert "are 0 comparisons of numbers" in empty
    assert "It rests on" not in empty


@pytest.mark.parametrize(
    ("error", "better", "words"),
    [(0.02, 8.0, "in this training: ahead"), (0.02, 100.0, "in this training: behind"), (None, 8.0, "not decided")],
)
def test_one_training_is_shown_as_one_training(error, better, words):
    built = build(Evidence(world({"vae/manifold": {"fid": better}}, seeds=(0,), error=error), SETTINGS))
    markdown, web = markdown_page(built), html_page(built)
    assert f"| Ours below the prior | Section 5.1, Table 1 | {words}" in markdown
    css = words.split()[-1].replace("decided", "undecided")
    assert re.search(f'<strong>Verdict:</strong> <span class="badge {css}">{words}', web)
    assert not {str(each.outcome) for each in (*built.claims, *built.questions)} & {"holds", "does not hold"}


def test_markup_in_labels_is_escaped():
    settings = json.loads(json.dumps(SETTINGS))
    settings["datasets"][0]["title"] = "a_<b>|"
    built = build(Evidence(world(), settings))
    assert r"a\_\<b\>\|" in markdown_page(built)
    assert "a_&lt;b&gt;|" in html_page(built)
    assert "<b>" not in html_page(built)


def test_the_script_writes_both_files(tmp_path):
    script = ROOT / "workflow_scripts" / "write_claims.py"
    spec = importlib.util.spec_from_file_location("write_claims", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scores, lines = tmp_path / "scores.csv", tmp_path / "classification.csv"
    save_table(scores, COLUMNS, [[record[name] for name in COLUMNS] for record in world()])
    save_table(lines, columns(["AD", "CN"]), [list(row.values()) for row in classifiers()])
    arguments = ["--scores", str(scores), "--classification", str(lines), "--settings", json.dumps(SETTINGS)]
    outputs = ["--output-md", str(tmp_path / "claims.md"), "--output-html", str(tmp_path / "claims.html")]
    module.main(module.build_parser().parse_args(arguments + outputs))
    assert "| Ours below the prior | Section 5.1, Table 1 | holds | holds | 1 |" in (tmp_path / "claims.md").read_text()
    assert (tmp_path / "claims.html").read_text().startswith("<!DOCTYPE html>")
