"""What gives the key of a choice away to somebody who knows nothing of the subject."""

from __future__ import annotations

import re
from collections.abc import Iterable

from quizzes.domain.items import Item
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.text import shown

_ABSOLUTE = re.compile(r"\b(always|never|only|every|must|all|none|guarantees?)\b", re.I)


def giveaways(item: Item) -> Iterable[Finding]:
    keys = [option for option in item.options if option.key]
    rest = [option for option in item.options if not option.key]
    if not keys or not rest:
        return
    if item.type == "single":
        mean = sum(len(shown(option)) for option in rest) / len(rest)
        longest = max(len(shown(option)) for option in rest)
        length = len(shown(keys[0]))
        if length > 1.4 * mean and length >= longest + 15:
            yield Finding(
                "L04",
                "error",
                f"option-{item.options.index(keys[0])}",
                "The key is much longer than the other options, which gives it away. Shorten it, or say more in the others.",
            )
    lengths = [len(shown(option)) for option in item.options]
    if min(lengths) > 25 and max(lengths) > 2.5 * min(lengths):
        yield Finding("L05", "warning", "options", "One option is more than twice as long as another. Bring them closer.")
    absolute = [bool(_ABSOLUTE.search(option.text)) for option in rest]
    if sum(absolute) >= 2 and not any(_ABSOLUTE.search(option.text) for option in keys):
        yield Finding(
            "L03",
            "warning",
            "options",
            "Absolute words (always, never, only, all, must) stand in wrong options alone, which gives them away.",
        )
