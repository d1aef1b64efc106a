"""What is wrong with a question before anybody sees it, and with a bank before anybody trusts it (learning.md 5).

`findings` looks at one item, `bank.lint` at all of them together: whether the look of options gives keys away, and what is asked twice.
Errors keep a question from being published; warnings ask for a second look.
"""

from quizzes.domain.quality.bank import BankReport, Entry, Metric, Pair, lint
from quizzes.domain.quality.cues import Guess
from quizzes.domain.quality.duplicates import DUPLICATE_COSINE, duplicate_pairs, near_duplicates
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.items import errors, findings, lost_picture
from quizzes.domain.quality.leaks import leaks
from quizzes.domain.quality.text import shown, words

__all__ = [
    "DUPLICATE_COSINE",
    "BankReport",
    "Entry",
    "Finding",
    "Guess",
    "Metric",
    "Pair",
    "duplicate_pairs",
    "errors",
    "findings",
    "leaks",
    "lint",
    "lost_picture",
    "near_duplicates",
    "shown",
    "words",
]
