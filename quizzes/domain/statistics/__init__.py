"""Item and test statistics: classical item analysis in plain Python. Rasch needs numpy and stands apart, in `statistics.rasch`."""

from quizzes.domain.statistics.figures import ItemFigures, OptionFigures, ScoreFigures
from quizzes.domain.statistics.flags import Flag, Kind, Verdict, ebel, evidence, flags_of, verdicts
from quizzes.domain.statistics.intervals import Interval
from quizzes.domain.statistics.matrix import BadMatrix, MatrixFigures, analyse, read_matrix
from quizzes.domain.statistics.tally import Asked, Tally

__all__ = [
    "Asked",
    "BadMatrix",
    "Flag",
    "Interval",
    "ItemFigures",
    "Kind",
    "MatrixFigures",
    "OptionFigures",
    "ScoreFigures",
    "Tally",
    "Verdict",
    "analyse",
    "ebel",
    "evidence",
    "flags_of",
    "read_matrix",
    "verdicts",
]
