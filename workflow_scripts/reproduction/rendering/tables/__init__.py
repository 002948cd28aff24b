"""The tables of the paper, a module each."""
