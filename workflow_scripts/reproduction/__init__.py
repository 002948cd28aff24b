"""The reproduction of the paper: config, plan, claims, tables and figures. Imports `geovae`, never the other way."""
