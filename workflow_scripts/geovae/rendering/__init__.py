"""Tables and figures of the paper, each rendered from files that earlier stages wrote."""

# Table name -> module with `build(scores, settings) -> Document`.
TABLES = {"table1": "geovae.rendering.table1"}
