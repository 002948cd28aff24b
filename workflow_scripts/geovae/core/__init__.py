"""What all parts of the library share: errors, files, seeds, registries, and what the system says of itself."""
