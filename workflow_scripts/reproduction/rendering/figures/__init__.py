"""The paper's figures: modules, one a kind of figure, with `render(inputs, settings) -> Figure`.

`inputs` maps names to paths, `settings` is what `render_figure.py --settings` carries; each module says which it takes.
"""
