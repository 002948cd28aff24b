"""Encoder/decoder pairs, one module each: `table` names them, `build` builds them."""
