"""Every family over many seeds: the key recomputes, answers differ, the linter is content, and what is named exists."""

import json
import re
from collections import Counter

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


def drawn(family, count):
    return (variant(family, seed) for seed in range(count))


def test_there_are_families_of_both_types_and_no_slug_twice():
    count = Counter(family.type for family in FAMILIES)
    assert count["single"] >= 12
    assert count["numeric"] >= 6
    assert len({family.slug for family in FAMILIES}) == len(FAMILIES)


@each_family
def test_two_thousand_variants_hold(family):
    """One walk over all seeds, as drawing them is what takes time: keys, shapes, how many differ, and where the key stands."""
    again = getattr(sums, family.slug.replace("-", "_"))
    stems, places = set(), Counter()
    for params, item in drawn(family, SEEDS):
        texts = [option.text for option in item.options]
        keys = [option.text for option in item.options if option.key]
        assert keys == [again(params)], item.stem
        assert len(set(texts)) == len(texts), params
        SHAPES[family.type](item)
        stems.add(item.stem)
        places[texts.index(keys[0])] += 1
    assert len(stems) >= 300
    if family.type == "single":
        assert max(places.values()) < 0.6 * SEEDS, places


def single_shape(item):
    assert item.type == "single"
    assert len(item.options) == 4
    assert not item.unit


def numeric_shape(item):
    key, *wrong = (number(option.text) for option in item.options)
    assert item.type == "numeric"
    assert item.options[0].key
    assert 1 <= len(wrong) <= 4
    assert all(abs(value - key) > number(item.tolerance) for value in wrong), item.stem
    assert item.unit


SHAPES = {"single": single_shape, "numeric": numeric_shape}


@each_family
def test_every_number_that_is_needed_stands_in_the_stem(family):
    for params, item in drawn(family, 100):
        said = set(re.findall(r"\d+(?:\.\d+)?", item.stem.replace(",", "").replace(" once", " 1")))
        needed = {str(value) for name, value in params.items() if name not in WORDED and not (name == "max_delay_s" and value == 0)}
        assert needed <= said, item.stem


@each_family
def test_wrong_answers_come_from_four_misconceptions_at_least(family):
    built = [family.build(params) for params, _ in drawn(family, 100)]
    assert len({wrong.misconception for one in built for wrong in one.wrong}) >= 4
    assert sum(len(one.wrong) for one in built) / len(built) >= 3.5


@each_family
def test_the_linter_has_nothing_to_say(family):
    for params, item in drawn(family, LINTED):
        assert not findings(item), (params, findings(item))


@each_family
def test_the_same_seed_gives_the_same_item_and_it_can_be_stored(family):
    for seed in range(20):
        params, item = variant(family, seed)
        assert (params, item) == variant(family, seed)
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
