"""Generated questions in the bank: each family is a question, and a stock of its variants is frozen as versions of it."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from quizzes.domain import items
from quizzes.domain.exam import fits_exams
from quizzes.domain.generators import FAMILIES, STOCK, Family, variants
from quizzes.domain.items import Item
from quizzes.models import Domain, DraftOption, DraftSource, Fact, Objective, Question, QuestionVersion, Topic

#: Before the name of a family: generated questions never meet one that somebody wrote.
PREFIX = "computed-"


def slug_of(family: Family) -> str:
    return f"{PREFIX}{family.slug}"


@transaction.atomic
def stock_families(*, now: datetime, families: Sequence[Family] = FAMILIES, size: int = STOCK) -> int:
    """Freeze `size` variants of each family, and ask those from now on. Returns how many wordings are new.

    What was frozen stays with its seed, parameters and key, also when prices change: the old variants are asked no more, and attempts that
    hold them keep them. A family whose objective is not in the content is left out; one that left the code is retired.
    """
    known = {question.generator: question for question in Question.objects.exclude(generator="")}
    objectives = dict(Objective.objects.values_list("key", "topic_id"))
    topics, domains = set(Topic.objects.values_list("slug", flat=True)), set(Domain.objects.values_list("key", flat=True))
    here = [f for f in families if objectives.get(f.objective) == f.topic and f.topic in topics and f.domain in domains]
    new_facts = Fact.too_new()
    rng = random.Random(now.timestamp())  # noqa: S311 (spreads draws, guards nothing)
    made = 0
    for family in here:
        question = known.get(family.slug) or _create(family, now=now, draw_key=rng.random())
        made += _stock(question, family, size=size, now=now, fits=lambda item: fits_exams(item, new_facts=new_facts))
    gone = Question.objects.exclude(generator="").exclude(generator__in=[family.slug for family in here])
    gone.filter(state=Question.State.PUBLISHED).update(state=Question.State.RETIRED, changed_at=now)
    return made


def _create(family: Family, *, now: datetime, draw_key: float) -> Question:
    return Question.objects.create(
        slug=slug_of(family), family=slug_of(family), generator=family.slug, draw_key=draw_key, created_at=now, changed_at=now,
        topic_id=family.topic, objective_id=family.objective, domain_id=family.domain,
    )  # fmt: skip


def _stock(question: Question, family: Family, *, size: int, now: datetime, fits: Any) -> int:
    frozen = {row.checksum: row for row in question.versions.all()}
    number = max((row.number for row in frozen.values()), default=0)
    fresh, wanted = [], []
    for seed, params, item in variants(family, size):
        body = items.as_dict(item)
        checksum = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        wanted.append((checksum, item))
        if checksum not in frozen:
            number += 1
            fresh.append(
                QuestionVersion(
                    question=question, number=number, body=body, checksum=checksum, published_at=now, seed=seed, params=dict(params),
                    note="computed",
                )
            )  # fmt: skip
    frozen |= {row.checksum: row for row in QuestionVersion.objects.bulk_create(fresh, batch_size=60)}
    stock = [[frozen[checksum].pk, len(item.options)] for checksum, item in wanted]
    shown = wanted[0][1]
    if stock != question.stock or question.current_id != stock[0][0]:
        _show(question, shown, stock=stock, fits=fits(shown), now=now)
    return len(fresh)


def _show(question: Question, item: Item, *, stock: list[list[int]], fits: bool, now: datetime) -> None:
    """The first variant stands for all: in lists of the desk, and as the current version. One that was retired stays so."""
    if question.state == Question.State.DRAFT:
        question.state = Question.State.PUBLISHED
    question.stock, question.current_id, question.in_exams = stock, stock[0][0], fits
    question.type, question.stem, question.level, question.difficulty = item.type, item.stem, item.level, item.difficulty
    question.topic_id, question.objective_id, question.domain_id = item.topic, item.objective, item.domain
    question.lesson, question.facts, question.unit, question.tolerance = item.lesson, list(item.facts), item.unit, item.tolerance
    question.pick, question.option_count, question.changed_at = item.pick, len(item.options), now
    question.save()
    question.draft_options.all().delete()
    question.draft_sources.all().delete()
    DraftOption.objects.bulk_create(
        DraftOption(question=question, position=n, text=option.text, key=option.key, why=option.why)
        for n, option in enumerate(item.options)
    )
    DraftSource.objects.bulk_create(DraftSource(question=question, title=s.title, url=s.url, checked=s.checked) for s in item.sources)


def cited() -> Iterator[tuple[str, str]]:
    """Address and title of every page that a family rests on."""
    for family in FAMILIES:
        yield from ((url, title) for title, url in family.sources)
