"""The content that ships: nothing wrong in it, and enough of it."""

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from quizzes.domain.lesson import Lesson
from quizzes.domain.quality import lint
from quizzes.forms.invocation import CaseForm
from quizzes.forms.labs import FunctionForm, WorkflowForm
from quizzes.services import content
from quizzes.services.content import Bundle, CheckReport

ROOT = Path(__file__).resolve().parents[2] / "content"


@cache
def shipped() -> Bundle:
    return content.read(ROOT)


@cache
def checked() -> CheckReport:
    return content.check(ROOT)


#: Names alone, so that the files are read where a test needs them, and not by everyone who lists the tests.
PLANS = [plan["slug"] for plan in tomllib.loads((ROOT / "week-09/blueprint.toml").read_text("utf-8"))["blueprint"]]
LESSONS = sorted(path.stem.partition("-")[2] for path in (ROOT / "week-09/lessons").glob("*.md"))


def lesson_of(slug: str) -> Lesson:
    [found] = [lesson for lesson in shipped().lessons if lesson.slug == slug]
    return found


def test_nothing_is_wrong():
    report = checked()
    assert [str(problem) for problem in report.problems] == []


def test_warnings_stay_few():
    """At most three in ten questions may have one (learning.md 5)."""
    report = checked()
    assert len(report.warnings) <= 0.3 * report.questions, [str(warning) for warning in report.warnings]


def test_there_are_questions_enough_on_every_topic():
    report = checked()
    assert report.questions >= 450
    assert {topic: count for topic, count in report.by_topic.items() if count < 20} == {}


def test_at_most_a_quarter_of_the_questions_asks_to_remember():
    report = checked()
    assert report.by_level["remember"] <= report.questions / 4
    assert report.by_level["apply"] + report.by_level["analyse"] > report.questions / 2


def test_every_core_fact_stands_in_a_lesson_and_is_asked():
    report = checked()
    assert (report.not_taught, report.not_asked) == ([], [])


def test_the_glossary_explains_eighty_terms_and_each_leads_to_its_lesson():
    assert len(shipped().terms) >= 80
    assert [term.term for term in shipped().terms if not term.lesson] == []


def test_the_bank_gives_nothing_away():
    """All figures of learning.md 5, 6.3 hold: the linter ends green."""
    report = lint(content.entries(ROOT))
    assert [
        f"{metric.name}: {metric.value:.3f}, {metric.bar}" for metric in report.metrics if metric.verdict not in ("pass", "information")
    ] == []
    chance = 0.25
    [guesser] = [metric for metric in report.metrics if "guesser" in metric.name]
    assert guesser.value <= chance + 0.05


def test_both_types_are_there_on_every_topic():
    types = {(shipped().topic_of[slug], question.type) for slug, question in shipped().questions.items()}
    assert types >= {(topic.slug, kind) for topic in shipped().objectives.topic for kind in ("single", "multiple")}


@pytest.mark.parametrize("slug", PLANS)
def test_every_exam_finds_its_questions_in_different_families(slug):
    [plan] = [plan for plan in shipped().blueprints if plan.slug == slug]
    families: dict[str, set[str]] = {}
    for question in shipped().questions.values():
        families.setdefault(question.objective, set()).add(question.family)
    assert {name: count for name, count in plan.counts.items() if len(families.get(name, ())) < count} == {}


def test_the_exams_are_those_that_were_promised():
    assert [plan.slug for plan in shipped().blueprints] == PLANS
    assert {(plan.minutes, sum(plan.counts.values()), plan.pilots) for plan in shipped().blueprints} >= {(130, 65, 15)}
    assert {(plan.minutes, sum(plan.counts.values())) for plan in shipped().blueprints} == {(130, 65), (40, 20), (15, 10)}


def test_every_topic_has_its_lesson():
    assert sorted(lesson.slug for lesson in shipped().lessons) == LESSONS
    assert {lesson.meta.topic for lesson in shipped().lessons} == {topic.slug for topic in shipped().objectives.topic}
    assert [lesson.number for lesson in sorted(shipped().lessons, key=lambda found: found.number)] == list(
        range(1, len(shipped().lessons) + 1)
    )


@pytest.mark.parametrize("slug", LESSONS)
def test_a_lesson_has_all_its_parts(slug):
    lesson = lesson_of(slug)
    kinds = Counter(block.kind for section in lesson.sections for block in section.blocks)
    assert min(kinds[kind] for kind in ("figure", "check", "note")) >= 1, kinds
    assert lesson.sections[-1].anchor == "notes"
    assert lesson.meta.sources


@pytest.mark.parametrize("slug", LESSONS)
def test_links_to_other_lessons_lead_somewhere(slug):
    lesson = lesson_of(slug)
    places = {f"/lessons/{found.slug}/" for found in shipped().lessons}
    places |= {f"/lessons/{found.slug}/#{section.anchor}" for found in shipped().lessons for section in found.sections if section.anchor}
    html = " ".join(block.html for section in lesson.sections for block in section.blocks)
    links = {part.split('"')[0] for part in html.split('href="/lessons/')[1:]}
    assert {f"/lessons/{link}" for link in links} <= places


def test_keys_stand_in_every_place():
    """No place holds the key more than 1.3 times its share (learning.md 5)."""
    singles = [shipped().item(slug) for slug, question in shipped().questions.items() if question.type == "single"]
    places = Counter(item.key[0] for item in singles if len(item.options) == 4)
    assert set(places) == set("abcd")
    assert max(places.values()) <= 1.3 * sum(places.values()) / 4 + 2 * (sum(places.values()) * 3 / 16) ** 0.5, places


LABS = {"invocation": CaseForm, "pricing": FunctionForm, "workflows": WorkflowForm}


def test_every_lab_in_a_lesson_begins_with_a_setting_that_computes():
    found = [block for lesson in shipped().lessons for section in lesson.sections for block in section.blocks if block.kind == "lab"]
    assert {block.lab for block in found} == set(LABS)
    for block in found:
        setting = dict(parse_qsl(block.setting, keep_blank_values=True))
        form = LABS[block.lab](setting)
        assert set(setting) <= set(form.fields), block.setting
        assert form.is_valid(), form.errors
