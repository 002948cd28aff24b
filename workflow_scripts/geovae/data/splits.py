"""The splits of a data set, which planning names without loading what reads them."""

SPLITS = ("train", "validation", "test")
UNSEEN_SPLITS = ("validation", "test")
"""Those whose images no model is fitted to."""
