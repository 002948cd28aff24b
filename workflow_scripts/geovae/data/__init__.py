"""The data sets, one module each: `table` names and loads them, `base` says what one is."""
