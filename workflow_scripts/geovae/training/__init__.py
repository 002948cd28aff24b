"""Training of a model: the loop, what an interruption leaves, the record of the losses."""
