"""Where the project's parts lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "workflow_scripts"
PUBLISHED_TABLES = Path(__file__).with_name("published_tables.md")
