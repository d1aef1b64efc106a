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

__all__ = ["OPTION_IDS", "Answer", "Grade", "Item", "Option", "Source", "as_dict", "from_dict"]
