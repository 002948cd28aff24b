"""Which of the tables and figures are built."""

from pydantic import Field

from reproduction.config.figures import Figures
from reproduction.config.tables import Tables


class Artefacts(Figures, Tables):  # whose keys come in the order of the tables, the figures, and these
    """The paper's tables and figures; `null` leaves one out."""

    claims: bool = Field(True, description="Verdicts on the paper's claims, from whatever else is built.")
