"""What is exported is imported again as the same question, in every format that can hold it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from quizzes.domain.exchange import Draft, read, write
from tests.domain.exchange.strategies import drafts
from tests.factories import T0

HOLDS = {
    "gift": ("single", "multiple", "matching", "numeric"),
    "moodle_xml": ("single", "multiple", "matching", "numeric", "ordering"),
    "qti": ("single", "multiple", "matching", "numeric", "ordering"),
    "qti3": ("single", "multiple", "matching", "numeric", "ordering"),
    "csv": ("single", "multiple", "matching", "numeric", "ordering"),
    "toml": ("single", "multiple", "matching", "numeric", "ordering"),
}


def there_and_back(name: str, *given: Draft) -> list[Draft | None]:
    found = read(name, write(name, given, now=T0).data)
    assert [(parsed.outcome, parsed.notes) for parsed in found] == [("kept", ())] * len(given)
    return [parsed.draft for parsed in found]


@pytest.mark.parametrize("name", HOLDS)
def test_every_question_comes_back_as_it_went(name: str):
    @settings(max_examples=12, deadline=None)
    @given(drafts(HOLDS[name]))
    def check(draft: Draft) -> None:
        if name == "toml" and not (draft.item.level and draft.item.difficulty):
            return
        assert there_and_back(name, draft) == [draft]

    check()
