"""How numbers and paragraphs are written on the pages of evidence."""

import pytest

from reproduction.claims.judgement import Judged
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.verdicts import Outcome, Part
from reproduction.evidence import words


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("built by `make run`,\n kept", "built by `make run`, kept"),
        ("a_b of `c_d` and `*`", "a\\_b of `c_d` and `*`"),
        ("`one`", "`one`"),
        ("a `b` c ` d_e", "a \\`b\\` c \\` d\\_e"),
        ("a `` b", "a \\`\\` b"),
        ("[x](y) `[x](y)` <br>", "[x]\\(y) `[x](y)` \\<br\\>"),
    ],
)
def test_code_is_the_only_markdown_of_a_paragraph(text, written):
    assert words.prose(text) == written


@pytest.mark.parametrize(
    ("margin", "cell"),
    [
        ("−0.10 (95 % interval −0.20 to 0.00, 3 trainings)", "−0.10 (−0.20 to 0.00)"),
        (
            "1.00 (95 % interval 0.50 to 1.50, 5 trainings); all of them: k = 10 2.00",
            "1.00 (0.50 to 1.50; 5 trainings)",
        ),
        ("1.00, one training", "1.00, one training"),
    ],
)
def test_a_cell_of_many_says_no_more_than_its_margin(margin, cell):
    assert words.shortened(margin) == cell


def test_a_claim_that_holds_does_not_hang_on_what_could_only_speak_against_it():
    claim = next(claim for claim in CLAIMS if not claim.some and not claim.almost_all)
    needed = Part("ends", Outcome.HOLDS, "a 1, b 2: margin 1.00", p_for=0.001, n=3, n_comparisons=1)
    step = Part("step", Outcome.UNDECIDED, "a 1, b 1: margin −0.10", p_for=0.6, n=3, n_comparisons=1, only_against=True)
    assert words.span(Judged(claim, Outcome.HOLDS, (needed, step))) == ("ends, of 2", "1.00")
    against = step._replace(p_against=0.001)
    assert words.span(Judged(claim, Outcome.FAILS, (needed, against))) == ("step, of 2", "−0.10")
