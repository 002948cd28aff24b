"""Which module renders which table and figure.

A module `table….py` in `tables/`, or `figure….py` in `figures/`, renders what it is named after. The figures here are
drawn by modules of their kind.
"""

from pathlib import Path


def _named(folder: str, kind: str) -> list[str]:
    """The modules in a folder beside this file that are named after a table or figure."""
    return sorted(path.stem for path in Path(__file__).with_name(folder).glob(f"{kind}[0-9_]*.py"))


# Table name -> module with `build(scores, settings) -> Document`.
TABLES = {name: f"reproduction.rendering.tables.{name}" for name in _named("tables", "table")}

# Figure name -> module in `figures` with `render(inputs, settings) -> Figure`; figures of one kind share theirs.
FIGURE_MODULES = {
    "figure1": "latent_space",
    **dict.fromkeys(("figure2", "figure7", "figure8", "figure10"), "sample_grid"),
    **dict.fromkeys(("figure3", "figure9"), "neighbours"),
    **dict.fromkeys(("figure4", "figure11"), "training_size"),
    **dict.fromkeys(("figure5", "figure6"), "samples"),
    "figure12": "centroid_count",
    "figure13": "two_centroids",
    "figure14": "regularisation",
    "figure_rho": "choice_of_rho",
    "figure_controls": "controls",
    "figure_pullback": "pullback",
    "figure_interpolation": "interpolation",
    "figure_sharpness": "sharpness",
    **{name: name for name in _named("figures", "figure")},
}
