"""What differs between the types of item: what the key is, how much of an answer is right, and how an answer is read from a page.

Choices stand in exams and in practice; ordering, matching and numeric are for practice alone (docs/decisions/0010).
An answer is a list of texts. Choices: ids of options, sorted. Ordering: all ids in the order given. Matching: "id:target" for each option,
sorted. Numeric: the number as it was typed, in plain decimals.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import combinations
from typing import TYPE_CHECKING

from quizzes.domain.errors import InvalidAnswer

if TYPE_CHECKING:
    from quizzes.domain.items.item import Item

#: What the options of a place are called, by their order on the page. Letters alone travel: an option's own id would tell its author's order.
LETTERS = "ABCDEFGH"

#: The types that an exam may ask; the others are for practice.
CHOICES = ("single", "multiple")
#: The types whose options are all right: what is asked is their order, or their partners.
KEYLESS = ("ordering", "matching")
TYPES = (*CHOICES, "ordering", "matching", "numeric")

NOT_HERE = "One of the chosen options does not belong to this question. Reload the page and choose again."
#: More digits than any key has, and fewer than would take time to compare.
LONGEST_NUMBER, LONGEST_TYPED = 30, 60
#: Thousands, as the stems write them. "0,250" is none: whoever types that means a decimal comma.
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
#: A number as people type it: a dollar before it, a power of ten or a unit behind it.
_TYPED = re.compile(
    r"(?:\$|USD)?\s?(?P<digits>[+-]?[\d.,][\d., ]*?)(?:[eE](?P<power>[+-]?\d{1,2}))?\s?(?P<unit>[A-Za-z%$][A-Za-z%$ /-]*\.?)?", re.I
)
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


@dataclass(frozen=True, slots=True)
class Kind:
    """The rules of one type. `share` is how much of an answer holds, 0 to 1; everything right is 1."""

    key: Callable[[Item], list[str]]
    pick: Callable[[Item], int]
    share: Callable[[Item, Collection[str]], float]
    is_right: Callable[[Item, Collection[str]], bool]


# -- choices ---------------------------------------------------------------------------------------------------------


def _keys(item: Item) -> list[str]:
    return sorted(option.id for option in item.options if option.key)


def _plus_minus(item: Item, answer: Collection[str]) -> float:
    """Right minus wrong over the number of keys, not below 0 (docs/decisions/0006; Betts et al. 2022 on plus/minus scoring)."""
    key, given = set(_keys(item)), set(answer)
    return max(0.0, (len(given & key) - len(given - key)) / len(key)) if key else 0.0


def _same_set(item: Item, answer: Collection[str]) -> bool:
    key = _keys(item)
    return bool(key) and set(answer) == set(key)


# -- ordering --------------------------------------------------------------------------------------------------------


def _right_order(item: Item) -> list[str]:
    return [option.id for option in item.options]


def _pairs_in_order(item: Item, answer: Collection[str]) -> float:
    """The share of pairs that stand in the right order relative to each other (Kendall's tau, scaled to 0..1)."""
    given = {option_id: n for n, option_id in enumerate(answer)}
    order = _right_order(item)
    pairs = list(combinations(order, 2))
    if sorted(answer) != sorted(order) or not pairs:
        return 0.0
    return sum(given[a] < given[b] for a, b in pairs) / len(pairs)


# -- matching --------------------------------------------------------------------------------------------------------


def targets(item: Item) -> list[str]:
    """What can be matched, by the alphabet, so that their order tells nothing: the first is target "1"."""
    found = {*(option.match for option in item.options), *item.targets_extra} - {""}
    return sorted(found, key=lambda text: (text.casefold(), text))


def _partners(item: Item) -> list[str]:
    places = {text: n for n, text in enumerate(targets(item), start=1)}
    return sorted(f"{option.id}:{places.get(option.match, 0)}" for option in item.options)  # 0: a draft that names no partner yet


def _pairs_matched(item: Item, answer: Collection[str]) -> float:
    return len(set(answer) & set(_partners(item))) / len(item.options) if item.options else 0.0


# -- numeric ---------------------------------------------------------------------------------------------------------


def number(text: str) -> Decimal | None:
    """A plain decimal number, or None. No exponents, no infinities: nobody types them here."""
    try:
        return Decimal(text) if _PLAIN.fullmatch(text) else None
    except InvalidOperation:
        return None


def _key_number(item: Item) -> list[str]:
    return [option.text for option in item.options if option.key]


def near(item: Item, text: str, to: str) -> bool:
    """Whether a typed number is as good as another: no further away than the tolerance."""
    a, b, tolerance = number(text), number(to), number(item.tolerance)
    return a is not None and b is not None and abs(a - b) <= (tolerance or 0)


def _hits(item: Item, answer: Collection[str]) -> bool:
    key = _key_number(item)
    return len(answer) == 1 and len(key) == 1 and near(item, next(iter(answer)), key[0])


KINDS: dict[str, Kind] = {
    "single": Kind(_keys, lambda item: 1, _plus_minus, _same_set),
    "multiple": Kind(_keys, lambda item: len(_keys(item)), _plus_minus, _same_set),
    "ordering": Kind(
        _right_order, lambda item: len(item.options), _pairs_in_order, lambda item, answer: list(answer) == _right_order(item)
    ),
    "matching": Kind(_partners, lambda item: len(item.options), _pairs_matched, lambda item, answer: sorted(answer) == _partners(item)),
    "numeric": Kind(_key_number, lambda item: 1, lambda item, answer: float(_hits(item, answer)), _hits),
}


def wrong_answer(item: Item, *, rng: random.Random) -> list[str]:
    """An answer that a person could give and that is not right: for the demo and for tests."""
    if item.type == "ordering":
        return [*_right_order(item)[1:], _right_order(item)[0]]
    if item.type == "matching":
        count = len(targets(item))
        pairs = (pair.partition(":") for pair in _partners(item))
        return [f"{option_id}:{int(target) % count + 1}" for option_id, _, target in pairs]
    wrong = [option for option in item.options if not option.key]
    rng.shuffle(wrong)
    if item.type == "numeric":
        return [wrong[0].text]
    return sorted([wrong[0].id, *_keys(item), *(option.id for option in wrong[1:])][: item.pick])


# -- from the page and back ------------------------------------------------------------------------------------------


def read_answer(
    type: str, given: Sequence[str], *, order: Sequence[str], pick: int, target_count: int = 0, unit: str = "", complete: bool
) -> list[str]:
    """What a page sent, as an answer. Choices send letters, ordering "A:2" (place), matching "A:2" (target), numeric the number.

    Raises InvalidAnswer with what to do for what does not belong here; if `complete`, also for too little.
    """
    if type == "ordering":
        return _read_order(given, order)
    if type == "matching":
        return _read_matches(given, order, target_count)
    if type == "numeric":
        return _read_number(given, unit)
    return check_answer(from_letters(given, order), order=order, pick=pick, complete=complete)


def show_answer(type: str, answer: Sequence[str], order: Sequence[str]) -> list[str]:
    """An answer as its page sends it: the reverse of `read_answer`."""
    letter = {option_id: LETTERS[n] for n, option_id in enumerate(order)}
    if type == "ordering":
        return [f"{letter[option_id]}:{n}" for n, option_id in enumerate(answer, start=1)]
    if type == "matching":
        return sorted(f"{letter[pair.partition(':')[0]]}:{pair.partition(':')[2]}" for pair in answer)
    return list(answer) if type == "numeric" else to_letters(answer, order)


def check_answer(answer: Collection[str], *, order: Sequence[str], pick: int, complete: bool) -> list[str]:
    """The answer as sorted ids, each once.

    Raises InvalidAnswer for an option that is not there and for too many; if `complete`, also for too few.
    """
    given = sorted(set(answer))
    if any(option_id not in order for option_id in given):
        raise InvalidAnswer(NOT_HERE)
    if complete and not given:
        raise InvalidAnswer("Choose at least one option." if pick == 1 else f"Choose {pick} options.")
    if len(given) > pick or (complete and len(given) < pick):
        raise InvalidAnswer("Choose one option." if pick == 1 else f"Choose {pick} options; you chose {len(given)}.")
    return given


def from_letters(letters: Collection[str], order: Sequence[str]) -> list[str]:
    """Option ids for the letters that this place shows: A is its first option. Raises InvalidAnswer for others."""
    return sorted({_option(letter, order) for letter in letters})


def to_letters(ids: Collection[str], order: Sequence[str]) -> list[str]:
    """The letters under which this place shows these options."""
    return sorted(LETTERS[order.index(option_id)] for option_id in ids)


def _option(letter: str, order: Sequence[str]) -> str:
    index = LETTERS.find(letter) if len(letter) == 1 else -1
    if not 0 <= index < len(order):
        raise InvalidAnswer(NOT_HERE)
    return order[index]


def _read_pairs(given: Sequence[str], order: Sequence[str], most: int) -> dict[str, int]:
    """Option id to the number chosen for it; options without one are left out."""
    chosen: dict[str, int] = {}
    for text in given:
        letter, _, place = text.partition(":")
        if not place:
            continue
        option_id = _option(letter, order)
        if not (place.isascii() and place.isdecimal() and len(place) <= 2 and 1 <= int(place) <= most) or option_id in chosen:
            raise InvalidAnswer(NOT_HERE)
        chosen[option_id] = int(place)
    return chosen


def _left(done: int, count: int) -> str:
    """How many are left of those that were begun."""
    if not done:
        return ""
    return "; one has none yet" if count - done == 1 else f"; {count - done} have none yet"


def _read_order(given: Sequence[str], order: Sequence[str]) -> list[str]:
    chosen = _read_pairs(given, order, len(order))
    places = list(chosen.values())
    if len(chosen) < len(order):
        raise InvalidAnswer(f"Give each of the {len(order)} steps a place{_left(len(chosen), len(order))}.")
    twice = sorted({place for place in places if places.count(place) > 1})
    if twice:
        raise InvalidAnswer(
            f"Give every step a place of its own: {' and '.join(map(str, twice))} {'is' if len(twice) == 1 else 'are'} used twice."
        )
    return sorted(chosen, key=lambda option_id: chosen[option_id])


def _read_matches(given: Sequence[str], order: Sequence[str], target_count: int) -> list[str]:
    chosen = _read_pairs(given, order, target_count)
    if len(chosen) < len(order):
        raise InvalidAnswer(f"Choose a partner for each of the {len(order)}{_left(len(chosen), len(order))}.")
    return sorted(f"{option_id}:{place}" for option_id, place in chosen.items())


def _read_number(given: Sequence[str], unit: str) -> list[str]:
    """The number in plain decimals, without blanks, thousands and needless zeros: " $1,250.50" and "1.2505e3 USD" are "1250.5".

    A unit may stand behind it if it is the one that is asked for: five minutes are no answer in seconds.
    """
    text = " ".join(given[0].split()).replace("−", "-") if len(given) == 1 else ""
    if not text:
        raise InvalidAnswer("Type a number, for example 0.25.")
    found = _TYPED.fullmatch(text) if len(text) <= LONGEST_TYPED else None
    if found is None:
        raise InvalidAnswer("This is not a number. Type digits and a decimal point, for example 0.25.")
    digits, said = "".join(found["digits"].split()), (found["unit"] or "").strip()
    if said and not _is_unit(said, unit):
        raise InvalidAnswer(
            f"The answer is asked for in {unit}. Type the number alone." if unit else "Type the number alone, without a unit."
        )
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    elif "," in digits:
        raise InvalidAnswer("Write the decimal sign as a point, for example 0.25, and thousands as 1,000 or 1000.")
    value = number(digits) if len(digits) <= LONGEST_NUMBER else None
    if value is None:
        raise InvalidAnswer("This is not a number. Type digits and a decimal point, for example 0.25.")
    return [plain_number(value.scaleb(int(found["power"] or 0)))]


_IN_FULL = {"s": "seconds", "sec": "seconds", "ms": "milliseconds", "min": "minutes", "h": "hours", "gb-s": "gb-seconds"}


def _is_unit(said: str, unit: str) -> bool:
    """Whether what was typed behind a number is the unit asked for: "second" for "seconds", "USD" or "$" for "USD a month"."""
    asked = unit.lower()
    typed = _IN_FULL.get(said.lower().rstrip("."), said.lower().rstrip("."))
    names = {asked, asked.split(" ")[0] if asked else ""} | (
        {"$", "usd", "dollars", "dollar"} if "usd" in asked or "dollar" in asked else set()
    )
    return any(typed == name or typed == name.removesuffix("s") or f"{typed}s" == name for name in names if name)


def plain_number(value: Decimal) -> str:
    """A number as people write it: no exponent, no needless zeros, no minus before nothing."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text
