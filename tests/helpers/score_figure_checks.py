"""What the tests of figures of scores share: made records, and what is read off a figure."""

import statistics
from itertools import combinations

import pytest
from matplotlib.text import Text

from geovae.core.tables import save_table
from geovae.evaluation.record import COLUMNS

ALL_COLUMNS = tuple(dict.fromkeys([*COLUMNS, "novelty_latent", "novelty_features"]))
COMMON = {"split": "test", "backbone": "classifier", "seeds": [0, 1, 2]}
DIGITS = {"dataset": "digits", "title": "Digits", "net": "conv", "subset": "full"}
SHAPES = {"dataset": "shapes", "title": "Shapes", "net": "conv", "subset": "full"}
ROWS = [
    {"label": "VAE - N(0, 1)", "model": "vae", "sampler": "prior", "variant": "base", "block": "paper"},
    {"label": "VAE - Ours", "model": "vae", "sampler": "manifold", "variant": "base", "block": "paper"},
    {"label": "Decoded means", "model": "vae", "sampler": "resample", "variant": "base", "block": "controls"},
]


def score(sampler: str, fid: float, seed: int = 0, **changes) -> dict:
    row = dict.fromkeys(ALL_COLUMNS)
    row |= {"dataset": "digits", "subset": "full", "net": "conv", "model": "vae", "trial": "base", "variant": "base"}
    row |= {"sampler": sampler, "seed": seed, "split": "test", "backbone": "classifier", "n": 500, "fid": fid}
    row |= {"prd_f8": 0.5, "prd_f1_8": 0.25, "novelty": 1.25}
    return row | changes


def over_seeds(sampler: str, fid: float, spread: float = 1.0, seeds=(0, 1, 2), **changes) -> list[dict]:
    """FIDs whose mean is not their geometric mean: fid, fid + spread, fid + 5 spread."""
    return [score(sampler, fid + spread * step, seed, **changes) for seed, step in zip(seeds, (0, 1, 5), strict=False)]


def strangers(**changes) -> list[dict]:
    """Records of the same methods that no figure here may take."""
    others = [{"split": "validation"}, {"backbone": "inception"}, {"net": "resnet"}, {"trial": "t09"}, {"seed": 7}]
    others += [{"subset": "n3"}, {"variant": "k3"}, {"dataset": "mnist"}]
    return [score(row["sampler"], 777.0, **(changes | other)) for row in ROWS for other in others]


@pytest.fixture
def table(tmp_path):
    def write(records: list[dict]) -> dict:
        path = tmp_path / "scores.csv"
        save_table(path, ALL_COLUMNS, [[record[name] for name in ALL_COLUMNS] for record in records])
        return {"scores": path}

    return write


def line(axes, label: str):
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return found


def mean_std(fid: float, spread: float = 1.0) -> tuple[float, float]:
    fids = [fid, fid + spread, fid + 5 * spread]
    return statistics.fmean(fids), statistics.stdev(fids)


def drawn_words(figure, monkeypatch) -> list[tuple[str, object]]:
    """All words that are drawn, with their boxes in pixels."""
    drawn = []
    draw = Text.draw

    def record(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text():
            drawn.append(self)
        return draw(self, renderer, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Text, "draw", record)
        figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    assert min(text.get_fontsize() for text in drawn) >= 7
    return [(text.get_text(), Text.get_window_extent(text, renderer)) for text in drawn]


def check_words(figure, monkeypatch) -> list[str]:
    """No words lie over others or out of the figure; returns them all."""
    found = drawn_words(figure, monkeypatch)
    clashes = [(a, b) for (a, first), (b, second) in combinations(found, 2) if first.padded(-0.5).overlaps(second)]
    assert clashes == [], clashes
    width, height = figure.canvas.get_width_height()
    outside = [t for t, box in found if min(box.x0, box.y0) < -0.5 or box.x1 > width + 0.5 or box.y1 > height + 0.5]
    assert outside == [], outside
    return [text for text, _ in found]
