"""Items: the gradable content of one question version.

An item is frozen with its version. Options carry ids of their own ("a", "b", …) in the order they were written; what a
learner sees is the order of the slot, so that no id and no place tells the key.
"""

from quizzes.domain.items.item import (
    OPTION_IDS,
    Answer,
    Grade,
    Item,
    Option,
    Source,
    as_dict,
    from_dict,
)
from quizzes.domain.items.kinds import (
    CHOICES,
    KEYLESS,
    LETTERS,
    TYPES,
    check_answer,
    from_letters,
    near,
    number,
    plain_number,
    read_answer,
    show_answer,
    to_letters,
    wrong_answer,
)

__all__ = [
    "CHOICES",
    "KEYLESS",
    "LETTERS",
    "OPTION_IDS",
    "TYPES",
    "Answer",
    "Grade",
    "Item",
    "Option",
    "Source",
    "as_dict",
    "check_answer",
    "from_dict",
    "from_letters",
    "near",
    "number",
    "plain_number",
    "read_answer",
    "show_answer",
    "to_letters",
    "wrong_answer",
]
