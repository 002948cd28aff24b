"""The models, one module each: `table` names them, `files` builds, saves and loads them, `coding` puts them to use."""
