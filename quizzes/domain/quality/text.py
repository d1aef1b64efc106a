"""The words of stems and options, as a person reads them."""

from __future__ import annotations

import re

from quizzes.domain.items import Option
from quizzes.domain.markdown import inline, plain

_WORD = re.compile(r"[a-z0-9]+")


def shown(option: Option) -> str:
    """The option's text as a person reads it."""
    return plain(inline(option.text))


def said(option: Option) -> tuple[str, ...]:
    """What an option says, whatever its case and punctuation; a sign that is all there is counts."""
    return tuple(word.strip("\"'.,;:!?()") or word for word in shown(option).lower().split())


def words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
