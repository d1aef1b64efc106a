"""All rules on one item, together."""

from __future__ import annotations

from quizzes.domain.items import Item
from quizzes.domain.quality.choices import giveaways
from quizzes.domain.quality.finding import Finding
from quizzes.domain.quality.shape import SHAPES
from quizzes.domain.quality.wording import wording


def findings(item: Item) -> list[Finding]:
    """Everything that can be said of one item alone, errors first."""
    found = [*SHAPES[item.type](item), *wording(item), *(giveaways(item) if item.is_choice else ())]
    return sorted(found, key=lambda finding: finding.level)


def errors(item: Item) -> list[Finding]:
    return [finding for finding in findings(item) if finding.level == "error"]
