"""What is wrong with a question before anybody sees it: rules on one item, and on an item among its neighbours.

Errors keep a question from being published; warnings ask for a second look. Ids are those of learning.md 5.
"""

from quizzes.domain.quality.duplicates import DUPLICATE_COSINE, duplicate_pairs, near_duplicates
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.rules import errors, findings
from quizzes.domain.quality.text import shown, words

__all__ = [
    "DUPLICATE_COSINE",
    "Finding",
    "duplicate_pairs",
    "errors",
    "findings",
    "near_duplicates",
    "shown",
    "words",
]
