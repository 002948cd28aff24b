"""The written forms of a document, a module each."""
