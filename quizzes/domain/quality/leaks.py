"""L16: a stem that states the key of another question, which both may stand in one exam."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from quizzes.domain.items import Item
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.text import sentences, shown, terms

#: A key is stated where one sentence holds all its terms, at least so many of them, and so many of what is asked.
FEWEST_KEY_TERMS, FEWEST_SHARED = 4, 3


def leaks(entries: Iterable[tuple[str, str, Item]]) -> Iterator[tuple[str, Finding]]:
    """Name of the question that is given away, and by which other; (name, family, item) come in. Questions of one family never meet.

    What counts: a single key of at least four terms of its own, all of which stand in one sentence of another stem, beside three terms of
    the question's own stem. Explanations are shown after an exam alone, so they give nothing away in it.
    """
    bank = [(name, family, item) for name, family, item in entries if item.is_choice]
    holders: dict[str, list[tuple[str, str, frozenset[str]]]] = defaultdict(list)
    for name, family, item in bank:
        for sentence in sentences(item.stem):
            said = terms(sentence)
            for term in said:
                holders[term].append((name, family, said))
    for name, family, item in bank:
        asked = terms(item.stem)
        for n, option in enumerate(item.options):
            wanted = terms(shown(option)) - asked if option.key else frozenset()
            if len(wanted) < FEWEST_KEY_TERMS:
                continue
            rarest = min(wanted, key=lambda term: (len(holders[term]), term))
            told = _told(name, family, wanted, asked, holders[rarest])
            if told:
                yield (
                    name,
                    Finding("L16", "warning", f"option-{n}", f"The stem of “{told}” states this key. Change one, or give both one family."),
                )


def _told(
    name: str, family: str, wanted: frozenset[str], asked: frozenset[str], sentences: Sequence[tuple[str, str, frozenset[str]]]
) -> str:
    return next(
        (
            other
            for other, their_family, said in sentences
            if other != name and their_family != family and wanted <= said and len(said & asked) >= FEWEST_SHARED
        ),
        "",
    )
