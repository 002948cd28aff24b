"""The splits of a data set, which planning names without loading what reads them."""

SPLITS = ("train", "validation", "test")
