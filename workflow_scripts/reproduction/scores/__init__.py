"""Score records, gathered and looked up."""
