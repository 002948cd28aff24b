"""The typed config, one module per section."""
