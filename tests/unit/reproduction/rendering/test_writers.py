"""The table model and its written forms, and the score table that tables are made from."""

import csv
import io
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core import sealed_json, storage
from geovae.core.errors import GeovaeError
from geovae.core.storage import csv_text
from geovae.core.tables import save_table
from geovae.evaluation.record import (
    BACKBONE_COLUMNS,
    COLUMNS,
    CONFIG_COLUMNS,
    DIAGNOSTIC_COLUMNS,
    KEY_COLUMNS,
    PROVENANCE_COLUMNS,
    SCORED_COLUMNS,
    SHARPNESS_COLUMNS,
    TIMING_COLUMNS,
)
from reproduction.rendering.writers.document import Block, Cell, Column, Document, Group, Row, Span, Table, text_cell
from reproduction.rendering.writers.latex import latex, latex_text
from reproduction.rendering.writers.markdown import markdown
from reproduction.rendering.writers.web import html_page
from reproduction.rendering.writers.write import write_document
from reproduction.scores.score_table import collect, read_scores, summarise


def small_table() -> Table:
    first = Row("A & B", (Cell((Span("1.00", True), Span("/"), Span("2.00"))), text_cell("–", note="not measured")))
    second = Row("C_1", (text_cell("3.00"), text_cell("–", note="not measured")), description="50 % | <x>")
    groups = (Group("Digits (16)", (Column("PRD ↑"), Column("FID ↓", note="lower is better"))),)
    blocks = (Block("Methods", (first,)), Block("Controls", (second,), shaded=True))
    return Table("small", "A caption", "Model", groups, blocks, ("A footnote.",), number="Table 7")


def record(**changes) -> dict:
    content = dict.fromkeys((*KEY_COLUMNS, *CONFIG_COLUMNS, *PROVENANCE_COLUMNS, "split", "backbone"), "x")
    content |= dict.fromkeys((*BACKBONE_COLUMNS[2:], *SCORED_COLUMNS))
    content |= dict.fromkeys(DIAGNOSTIC_COLUMNS) | dict.fromkeys((*SHARPNESS_COLUMNS, *TIMING_COLUMNS), 1.5)
    content |= {"backbone_accuracy": 0.9, "n": 500, "fid": 0.1 + 0.2, "prd_f8": 0.5, "prd_f1_8": 0.25, "novelty": None}
    content |= {"seed": 0, "threads": 1} | changes
    assert set(content) == set(COLUMNS)
    return content


def write_records(folder, *records) -> list[str]:
    paths = []
    for i, content in enumerate(records):
        path = folder / f"score_{i}.json"
        storage.save_json(path, content)
        paths.append(str(path))
    return paths


class Cells(HTMLParser):
    """Rows of cell texts, and which tags were left open."""

    def __init__(self):
        super().__init__()
        self.rows, self.open, self.bold, self.shaded = [], [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag == "meta":
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
            self.shaded += ("class", "shaded") in attrs
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "strong" in self.open:
            self.bold.append(data)


def test_a_row_of_the_wrong_length_is_a_defect():
    with pytest.raises(ValueError, match="'short' has 0 cells, 1 expected"):
        Table("t", "c", "m", (Group("", (Column("x"),)),), (Block("", (Row("short", ()),)),))


def test_equal_notes_share_a_letter_in_reading_order():
    assert small_table().markers() == {"lower is better": "a", "not measured": "b"}


def test_markdown():
    lines = markdown(small_table()).splitlines()
    assert lines[0] == "**Table 7: A caption**"
    assert lines[2] == "| Model | Digits (16) PRD ↑ | Digits (16) FID ↓<sup>a</sup> |"
    assert lines[3] == "|:--|--:|--:|"
    assert lines[5] == "| A & B | **1.00**/2.00 | –<sup>b</sup> |"
    assert lines[7] == r"| C\_1 (50 % \| \<x\>) | 3.00 | –<sup>b</sup> |"
    unescaped = [line.replace(r"\|", "").count("|") for line in lines[2:8]]
    assert unescaped == [4] * 6
    assert lines[-1] == "A footnote."


def test_latex():
    text = latex(small_table())
    assert r"\caption{A caption}" in text  # LaTeX numbers tables itself
    assert r"A \& B & \textbf{1.00}/2.00 & --\textsuperscript{b} \\" in text
    assert r"C\_1 {\footnotesize (50 \% | \textless{}x\textgreater{})} & 3.00" in text
    assert r"\begin{tabular}{lrr}" in text
    assert r"\multicolumn{2}{c}{Digits (16)}" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\cmidrule(lr){2-3}")] == [
        1,
        2,
        1,
        1,
    ]
    begun = [part.split("}")[0] for part in text.split(r"\begin{")[1:]]
    assert sorted(begun) == sorted(part.split("}")[0] for part in text.split(r"\end{")[1:])


@settings(derandomize=True, max_examples=100)
@given(st.text(alphabet=r"abc \&%$#_{}~^<>↓±λ", max_size=20))
def test_latex_text_leaves_no_special_character_bare(text):
    written = latex_text(text)
    named = [r"\textbackslash{}", r"\textasciitilde{}", r"\textasciicircum{}", r"\textless{}", r"\textgreater{}"]
    symbols = [r"$\downarrow$", r"$\pm$", r"$\lambda$", r"\&", r"\%", r"\$", r"\#", r"\_", r"\{", r"\}"]
    for command in (*named, *symbols):
        written = written.replace(command, "")
    assert not set(written) & set(r"\&%$#_{}~^<>↓±λ")


def test_html_holds_the_same_cells_and_closes_its_tags():
    parsed = Cells()
    parsed.feed(html_page([small_table()]))
    assert parsed.open == []
    assert parsed.rows == [
        ["", "Digits (16)"],
        ["Model", "PRD ↑", "FID ↓a"],
        ["Methods"],
        ["A & B", "1.00/2.00", "–b"],
        ["Controls"],
        ["C_1 50 % | <x>", "3.00", "–b"],
    ]
    assert parsed.bold == ["1.00"]
    assert parsed.shaded == 1


def test_html_needs_nothing_from_outside():
    page = html_page([small_table()])
    assert "http" not in page
    assert "<script" not in page


@settings(derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.text(alphabet='a,"\n x'), st.floats(allow_nan=False)), max_size=5))
def test_csv_keeps_every_digit_and_every_character(rows):
    read = list(csv.reader(io.StringIO(csv_text(("name", "value"), rows), newline="")))
    assert [(name, float(value)) for name, value in read[1:]] == rows


def test_a_document_is_written_in_four_forms(tmp_path):
    write_document(Document((small_table(),), ("row", "mean"), (("A & B", None), ("C_1", 0.1))), tmp_path, "t")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv", "t.html", "t.md", "t.tex"]
    assert (tmp_path / "t.csv").read_text() == "row,mean\nA & B,\nC_1,0.1\n"


def test_collected_scores_are_sorted_whole_and_the_same_bytes(tmp_path):
    paths = write_records(tmp_path, record(seed=10), record(seed=2), record(seed=2, split="a"), record(dataset="a"))
    collect(paths, tmp_path / "one.csv")
    collect(reversed(paths), tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    read = read_scores(tmp_path / "one.csv")
    assert [(row["dataset"], row["seed"], row["split"]) for row in read] == [
        ("a", 0, "x"), ("x", 2, "a"), ("x", 2, "x"), ("x", 10, "x"),
    ]  # fmt: skip
    assert read[0] == record(dataset="a")
    assert (tmp_path / "one.csv").read_text().splitlines()[0] == ",".join([*COLUMNS, "seal"])


def test_two_records_of_one_key_are_refused(tmp_path):
    paths = write_records(tmp_path, record(), record(fid=3.0))
    with pytest.raises(GeovaeError, match=r"score_1\.json: same key.*score_0\.json"):
        collect(paths, tmp_path / "scores.csv")
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize("content", ["{", "[1]", "{}", sealed_json.to_text({}), sealed_json.to_text(record(fid=-1.0))])
def test_a_broken_record_is_named(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(GeovaeError, match=r"broken\.json"):
        collect([path], tmp_path / "scores.csv")


def test_broken_scores_are_named(tmp_path):
    path = tmp_path / "scores.csv"
    with pytest.raises(GeovaeError, match="no such file"):
        read_scores(path)
    path.write_text("dataset,fid\nx,1\n")
    with pytest.raises(GeovaeError, match=r"scores\.csv: .*no column subset"):
        read_scores(path)
    collect(write_records(tmp_path, record()), path)
    path.write_text(path.read_text().replace("0.30000000000000004", "0.30000000000000005"))
    with pytest.raises(GeovaeError, match=r"scores\.csv: .*damaged or changed"):
        read_scores(path)
    save_table(path, COLUMNS, [["many" if name == "fid" else value for name, value in record().items()]])
    with pytest.raises(GeovaeError, match=r"row 1: .* is '.*', not a number"):
        read_scores(path)


def test_summary():
    rows = [record(seed=seed, fid=fid) for seed, fid in ((2, 4.0), (0, 1.0), (1, 1.0))]
    mean, std, n = summarise(rows, "fid")
    assert (mean, n) == (2.0, 3)
    assert std == pytest.approx(3**0.5)  # ddof 1
    assert summarise(rows[:1], "fid").std is None
    assert summarise(rows, "novelty") is None
