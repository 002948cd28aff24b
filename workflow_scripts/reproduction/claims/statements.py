"""What a claim is, and where the lines are drawn.

The thresholds are fixed here, whatever the numbers: changing one after a run makes its verdicts worthless.
"""

from typing import NamedTuple

COMPETITIVE = 1.1  # "competitive": at most this many times worse than the best rival
HARDLY = 0.1  # "hardly matters": the largest FID minus the smallest is at most this share of their mean
ACTIVE_SHARE = 0.5  # "active": at this share of the samples at least
DIVERSE = 0.5  # "relatively good diversity": at least this share of the PRD recall (F8) with all centroids
AS_COSTLY = 2.0  # "about as long": at most this many times the seconds
MANY_CENTROIDS = 1000  # "as soon as the number of centroids is higher than 1000"
CLOSE = 0.5  # "closely linked": a rank correlation of at least this
FEWEST = 3  # trainings behind a verdict on a question about geometry
ALMOST_ALL = 0.75  # "almost all": at least this share of the comparisons


class Claim(NamedTuple):
    """A statement that scores can bear out or not.

    Attributes:
        name: its key.
        title: a few words.
        statement: what is claimed, in our words.
        place: where the paper says it; "" for our own questions.
        quote: the paper's own words there.
        comparison: what is compared with what, and where the line is drawn.
        note: what a reader must know besides.
        almost_all: the paper says "almost all cases": the verdict is `verdicts.mostly` and not `verdicts.joint`.
        some: it is claimed of some case and not of all: the verdict is `verdicts.of_some`.
        measure: what its margins are of.
    """

    name: str
    title: str
    statement: str
    place: str
    comparison: str
    note: str = ""
    quote: str = ""
    almost_all: bool = False
    some: bool = False
    measure: str = "FID"
