"""The samplers: how latents (or, for image controls, images) are drawn.

`table` names them and says what each reads; `draw` draws with one, from a `Context` (`base`).
"""
