"""Every family over many seeds: the key recomputes, answers differ, the linter is content, and what is named exists."""

import json
import re
from collections import Counter
from functools import cache

import pytest

from quizzes.domain import items
from quizzes.domain.generators import FAMILIES, variant
from quizzes.domain.items import number
from quizzes.domain.quality import findings
from tests.content.test_shipped import shipped
from tests.domain.generators import sums

SEEDS, LINTED = 2_000, 60
#: Parameters that choose a scene, a wording or places, and stand in no stem as a number.
WORDED = {"scene", "package", "below", "share", "way", "asked", "architecture", "free"}

each_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.slug)


@cache
def drawn(slug):
    family = next(family for family in FAMILIES if family.slug == slug)
    return [variant(family, seed) for seed in range(SEEDS)]


def test_there_are_families_of_both_types_and_no_slug_twice():
    count = Counter(family.type for family in FAMILIES)
    assert count["single"] >= 12
    assert count["numeric"] >= 6
    assert len({family.slug for family in FAMILIES}) == len(FAMILIES)


@each_family
def test_each_variant_has_one_key_and_different_answers(family):
    for params, item in drawn(family.slug):
        texts = [option.text for option in item.options]
        assert sum(option.key for option in item.options) == 1, params
        assert len(set(texts)) == len(texts), params
        if family.type == "single":
            assert len(texts) == 4
        else:
            assert 2 <= len(texts) <= 5
            values = [number(text) for text in texts]
            assert None not in values
            assert all(abs(value - values[0]) > number(item.tolerance) for value in values[1:]), params
            assert item.unit


@each_family
def test_the_key_recomputes_by_another_way(family):
    again = getattr(sums, family.slug.replace("-", "_"))
    for params, item in drawn(family.slug):
        assert next(option.text for option in item.options if option.key) == again(params), item.stem


@each_family
def test_every_number_that_is_needed_stands_in_the_stem(family):
    for params, item in drawn(family.slug)[:300]:
        said = set(re.findall(r"\d+(?:\.\d+)?", item.stem.replace(",", "").replace(" once", " 1")))
        needed = {str(value) for name, value in params.items() if name not in WORDED and not (name == "max_delay_s" and value == 0)}
        assert needed <= said, item.stem


@each_family
def test_there_are_hundreds_of_variants(family):
    assert len({item.stem for _, item in drawn(family.slug)}) >= 300


@each_family
def test_wrong_answers_come_from_four_misconceptions_at_least(family):
    built = [family.build(params) for params, _ in drawn(family.slug)[:100]]
    assert len({wrong.misconception for one in built for wrong in one.wrong}) >= 4
    assert sum(len(one.wrong) for one in built) / len(built) >= 3.5


@each_family
def test_the_place_of_the_key_tells_nothing(family):
    if family.type == "single":
        places = Counter([option.key for option in item.options].index(True) for _, item in drawn(family.slug))
        assert max(places.values()) < 0.6 * SEEDS, places


@each_family
def test_the_linter_has_nothing_to_say(family):
    for params, item in drawn(family.slug)[:LINTED]:
        assert not findings(item), (params, findings(item))


@each_family
def test_the_same_seed_gives_the_same_item_and_it_can_be_stored(family):
    for seed in range(20):
        params, item = variant(family, seed)
        assert (params, item) == drawn(family.slug)[seed]
        assert json.loads(json.dumps(dict(params))) == dict(params)
        assert items.from_dict(items.as_dict(item)) == item


@each_family
def test_what_a_family_names_exists(family):
    bundle = shipped()
    facts = {fact.id: fact for fact in bundle.facts.fact}
    assert set(family.facts) <= set(facts)
    assert all(facts[fact].level in ("core", "deeper") for fact in family.facts)
    topics = {topic.slug: {objective.key for objective in topic.objectives} for topic in bundle.objectives.topic}
    assert family.objective in topics[family.topic]
    assert family.domain in {domain.key for domain in bundle.objectives.domain}
    sections = {(lesson.slug, section.anchor) for lesson in bundle.lessons for section in lesson.sections}
    assert tuple(family.lesson.split("#")) in sections
    known = {(source.title, source.url) for question in bundle.questions.values() for source in question.sources}
    assert set(family.sources) <= known
    assert family.checked == max(facts[fact].checked for fact in family.facts)
