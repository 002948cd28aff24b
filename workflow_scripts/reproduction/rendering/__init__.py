"""Tables and figures of the paper, each rendered from files that earlier stages wrote."""
