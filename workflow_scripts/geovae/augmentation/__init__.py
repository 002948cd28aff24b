"""Data augmentation as a test of generated images: a classifier trained on them, tested on real ones (App. C.3)."""
