"""Which module renders which table and figure."""

# Table name -> module with `build(scores, settings) -> Document`.
TABLES = {f"table{number}": f"reproduction.rendering.tables.table{number}" for number in range(1, 8)}

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
    "figure_controls": "controls",
}
