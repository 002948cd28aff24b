"""The typed config, a module a section."""
