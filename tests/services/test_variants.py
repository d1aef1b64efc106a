"""Generated questions: a frozen stock, another variant each time, and slots that keep what they asked."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from quizzes.domain import items
from quizzes.domain.errors import NotReady
from quizzes.domain.generators import FAMILIES, STOCK, variants
from quizzes.domain.serverless.invocation import Asynchronous, Fault, Kind
from quizzes.models import Card, Question, QuestionVersion, Response, Review
from quizzes.services import attempts, bank, invocation
from quizzes.services.variants import stock_families
from tests.factories import T0, answer_slot, make_blueprint, make_domain, make_learner, make_objective, make_question

pytestmark = pytest.mark.django_db

RUNS, THIRD = (family for family in FAMILIES if family.slug in ("async-runs", "async-third-attempt"))
DAY = timedelta(days=1)


@pytest.fixture
def stocked():
    make_objective()
    make_domain()
    stock_families(now=T0, families=(RUNS, THIRD), size=6)
    return Question.objects.get(generator="async-runs")


def practise(learner, *, at=T0, **values):
    values = {"topics": [], "kind": "computed", "size": 5, "seed": 1, **values}
    return attempts.start_practice(learner=learner, now=at, **values)


def test_each_family_becomes_a_question_with_frozen_variants(stocked):
    assert (stocked.slug, stocked.state, stocked.family, stocked.in_exams) == (
        "computed-async-runs",
        "published",
        "computed-async-runs",
        True,
    )
    versions = list(stocked.versions.order_by("number"))
    assert [[version.pk, len(version.item.options)] for version in versions] == stocked.stock
    assert [(v.seed, v.params, v.item) for v in versions] == [(seed, dict(params), item) for seed, params, item in variants(RUNS, 6)]
    assert not Question.objects.get(generator="async-third-attempt").in_exams, "numeric questions are for practice"


def test_doing_it_again_changes_nothing(stocked):
    before = list(QuestionVersion.objects.values_list())
    assert stock_families(now=T0 + DAY, families=(RUNS, THIRD), size=6) == 0
    assert list(QuestionVersion.objects.values_list()) == before
    assert Question.objects.get(pk=stocked.pk).changed_at == T0


def test_a_family_without_its_objective_is_left_out():
    assert stock_families(now=T0, families=(RUNS,), size=6) == 0
    assert not Question.objects.exists()


def test_a_family_that_left_is_retired_and_one_that_was_retired_stays_so(stocked):
    stock_families(now=T0 + DAY, families=(RUNS,), size=6)
    assert Question.objects.get(generator="async-third-attempt").state == "retired"
    bank.retire_question(question=stocked, now=T0)
    stock_families(now=T0 + DAY, families=(RUNS,), size=8)
    stocked.refresh_from_db()
    assert (stocked.state, len(stocked.stock)) == ("retired", 8)


def test_new_variants_leave_old_slots_as_they_were(stocked):
    slot = practise(make_learner()).slots.filter(version__question=stocked).get()
    before = slot.version.body

    def reworded(params):
        built = RUNS.build(params)
        return replace(built, stem=built.stem.replace("How often", "How many times"))

    assert stock_families(now=T0 + DAY, families=(replace(RUNS, build=reworded),), size=6) == 6
    stocked.refresh_from_db()
    assert slot.version_id not in [version for version, _ in stocked.stock]
    again = type(slot).objects.get(pk=slot.pk).version
    assert (again.body, again.seed is not None, json.dumps(again.params)) == (before, True, json.dumps(slot.version.params))
    assert items.from_dict(again.body).grade(items.from_dict(before).key).right


def test_a_learner_meets_another_variant_each_time_until_all_were_met(stocked):
    learner, met = make_learner(), []
    for n in range(7):
        session = practise(learner, at=T0 + n * DAY, seed=n)
        slot = session.slots.select_related("attempt__learner", "version").get(version__question=stocked)
        answer_slot(slot, now=T0 + n * DAY)
        met.append(slot.version_id)
    assert len(set(met[:6])) == 6
    assert met[6] == met[0], "the one not seen for longest"
    new = list(Response.objects.filter(question=stocked).order_by("responded_at").values_list("is_new", flat=True))
    assert new == [True] * 6 + [False]
    assert Card.objects.get(family=stocked.family).reps == 7, "one card for the whole family"


def test_learners_have_orders_of_their_own(stocked):
    firsts = Counter(practise(make_learner()).slots.get(version__question=stocked).version_id for _ in range(24))
    assert len(firsts) >= 4


def test_an_exam_asks_a_variant_and_keeps_it(stocked):
    learner = make_learner()
    exam = attempts.start_exam(learner=learner, blueprint=make_blueprint(1), now=T0, seed=3)
    slot = exam.slots.select_related("version").get()
    assert [slot.version_id, len(slot.option_order)] in stocked.stock
    attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="one", now=T0)
    attempts.hand_in(learner=learner, attempt=exam.pk, now=T0 + timedelta(minutes=1))
    assert Response.objects.get().is_new
    assert Card.objects.get().family == stocked.family


def test_the_order_of_options_fits_variants_of_any_length(stocked):
    third = Question.objects.get(generator="async-third-attempt")
    learner = make_learner()
    for n in range(6):
        slot = practise(learner, at=T0 + n * DAY, seed=n).slots.select_related("attempt__learner", "version").get(version__question=third)
        assert sorted(slot.option_order) == sorted(option.id for option in slot.version.item.options)
        answer_slot(slot, right=n % 2 == 0, now=T0 + n * DAY)


def test_computed_questions_can_be_practised_alone(stocked):
    make_question()
    assert set(practise(make_learner()).slots.values_list("version__question__generator", flat=True)) == {
        "async-runs",
        "async-third-attempt",
    }


def test_nobody_writes_one_at_the_desk(stocked):
    with pytest.raises(NotReady, match="is computed"):
        bank.publish_version(question=stocked, by=None, now=T0)
    with pytest.raises(NotReady, match="is computed"):
        bank.save_draft(question=stocked, options=[], sources=[], by=None, now=T0, seed=1)


def test_a_prediction_in_the_lab_counts_for_the_same_rule(stocked):
    learner = make_learner()
    case = {"settings": Asynchronous(), "fault": Fault(kind=Kind.ALWAYS)}
    invocation.predict(learner=learner, **case, runs="3", ending="discarded", now=T0)
    card = Card.objects.get()
    assert (card.family, card.rating, Review.objects.get().prediction.case) == (stocked.family, 3, "model=async&fault=always")
    invocation.predict(learner=learner, **case, runs="1", ending="discarded", now=T0 + DAY)
    assert Review.objects.count() == 1, "only the first word on a case counts"


def test_without_the_family_a_prediction_is_kept_all_the_same():
    prediction = invocation.predict(
        learner=make_learner(), settings=Asynchronous(), fault=Fault(kind=Kind.ALWAYS), runs="3", ending="discarded", now=T0
    )
    assert prediction.right
    assert not Card.objects.exists()


def test_every_family_has_a_full_stock_of_different_variants():
    for family in FAMILIES:
        asked = {(item.stem, frozenset(o.text for o in item.options)) for _, _, item in variants(family, STOCK)}
        assert len(asked) == STOCK
