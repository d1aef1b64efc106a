"""Starting an exam: the same one twice, a handful of statements, a bank of any size."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.attempt import GRACE_S
from quizzes.domain.errors import NothingToAsk
from quizzes.domain.items import as_dict
from quizzes.models import Attempt, Question, QuestionVersion, Seen
from quizzes.services import attempts
from tests.factories import T0, make_bank, make_blueprint, make_item, make_learner, make_objective, make_question, make_questions

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def fill_bank(size: int, *, objectives: int = 13) -> list[str]:
    """A bank of `size` questions over some objectives, in a few statements; returns the objectives' keys."""
    keys = [make_objective(f"objective-{n}").key for n in range(objectives)]
    like = make_question(item=make_item(), state="draft")
    body = as_dict(make_item())
    rows = Question.objects.bulk_create(
        Question(
            slug=f"bulk-{n}", family=f"bulk-family-{n}", stem=f"Stem {n}", objective_id=keys[n % objectives], topic_id=like.topic_id,
            domain_id=like.domain_id, pick=1, option_count=4, in_exams=True, draw_key=(n * 0.618) % 1, created_at=T0, changed_at=T0,
        )
        for n in range(size)
    )  # fmt: skip
    versions = QuestionVersion.objects.bulk_create(
        QuestionVersion(question=row, number=1, body=body, checksum="x", published_at=T0) for row in rows
    )
    for version in versions:
        version.question.current, version.question.state = version, "published"
    Question.objects.bulk_update(rows, ["current", "state"], batch_size=200)
    return keys


def statements(captured: CaptureQueriesContext) -> list[str]:
    """What went to the database, without the brackets of transactions."""
    brackets = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(brackets)]


@pytest.mark.parametrize("size", [200, 2000])
def test_starting_the_full_exam_is_a_handful_of_statements_in_a_bank_of_any_size(size):
    keys = fill_bank(size)
    blueprint = make_blueprint(counts=dict.fromkeys(keys, 5), minutes=130, pilots=15)
    learner = make_learner()
    with CaptureQueriesContext(connection) as captured:
        exam = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
    assert exam.slots.count() == 65
    said = [statement[:60] for statement in statements(captured)]
    # Is one open? The draw, the attempt, the slots (SQLite takes 999 values at a time).
    assert len(said) == (5 if connection.vendor == "sqlite" else 4), said
    # What a draw reads is bounded by its windows, whatever the bank holds.
    drawn = Question.objects.all().draw(windows=dict.fromkeys(keys, attempts.WINDOW), start=0.5, learner_id=0)
    assert len({candidate.question for candidate in drawn}) == len(drawn) == min(size, len(keys) * attempts.WINDOW)


def test_a_small_bank_is_considered_whole_wherever_the_draw_begins():
    bank = make_bank(12)
    for start in (0.0, 0.3, 0.999):
        drawn = Question.objects.all().draw(windows={"async-behaviour": 30}, start=start, learner_id=0)
        assert {candidate.question for candidate in drawn} == {question.pk for question in bank}


def test_a_draw_says_what_the_learner_has_seen_and_leaves_out_what_is_not_published():
    learner, stranger = make_learner(), make_learner()
    seen, fresh, _, _ = make_question(), make_question(), make_question(state="draft"), make_question(state="retired")
    for person, question in ((learner, seen), (stranger, fresh)):
        Seen.objects.create(learner=person, question=question, first_at=T0, first_fraction=1, last_at=T0, last_fraction=1)
    drawn = Question.objects.all().draw(windows={"async-behaviour": 9}, start=0.0, learner_id=learner.pk)
    assert {(c.question, c.version, c.family, c.seen) for c in drawn} == {
        (seen.pk, seen.current_id, seen.family, True), (fresh.pk, fresh.current_id, fresh.family, False),
    }  # fmt: skip


def test_an_exam_is_what_its_plan_says():
    make_bank(20)
    make_bank(12, objective="security-permissions", topic="security")
    blueprint = make_blueprint(counts={"async-behaviour": 6, "security-permissions": 4}, minutes=40, pilots=3, cut=0.7)
    exam = attempts.start_exam(learner=make_learner(), blueprint=blueprint, now=T0, seed=4)
    slots = list(exam.slots.select_related("version").order_by("position"))
    assert [slot.position for slot in slots] == list(range(1, 11))
    assert sum(slot.version.item.objective == "async-behaviour" for slot in slots) == 6
    assert sum(not slot.is_scored for slot in slots) == 3
    assert exam.deadline_at == T0 + 40 * MINUTE
    assert exam.plan == {"title": blueprint.title, "minutes": 40, "cut": 0.7, "length": 10}
    for slot in slots:
        assert sorted(slot.option_order) == ["a", "b", "c", "d"]
        assert (slot.draft, slot.revision, slot.seen_at, slot.selection) == ([], 0, None, "exam")
    assert len({tuple(slot.option_order) for slot in slots}) > 1


def test_the_same_seed_gives_the_same_exam():
    make_bank(30)
    blueprint = make_blueprint(10, pilots=2)
    forms = []
    for seed in (5, 5, 6):
        exam = attempts.start_exam(learner=make_learner(), blueprint=blueprint, now=T0, seed=seed)
        forms.append(list(exam.slots.order_by("position").values_list("version", "option_order", "is_scored")))
    assert forms[0] == forms[1] != forms[2]


def test_starting_twice_gives_the_same_exam():
    make_bank(12)
    learner, blueprint = make_learner(), make_blueprint(10)
    first = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
    again = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0 + MINUTE, seed=2)
    assert again == first
    assert again.deadline_at == first.deadline_at
    assert Attempt.objects.count() == 1


def test_two_exams_of_different_plans_and_of_different_people_run_side_by_side():
    make_bank(12)
    learner, one, other = make_learner(), make_blueprint(5), make_blueprint(6)
    assert len({
        attempts.start_exam(learner=learner, blueprint=one, now=T0, seed=1).pk,
        attempts.start_exam(learner=learner, blueprint=other, now=T0, seed=1).pk,
        attempts.start_exam(learner=make_learner(), blueprint=one, now=T0, seed=1).pk,
    }) == 3  # fmt: skip


def test_starting_after_the_time_is_up_closes_the_old_one_and_opens_another():
    make_bank(12)
    learner, blueprint = make_learner(), make_blueprint(10, minutes=30)
    first = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
    in_grace = T0 + 30 * MINUTE + timedelta(seconds=GRACE_S)
    assert attempts.start_exam(learner=learner, blueprint=blueprint, now=in_grace, seed=2) == first
    later = in_grace + timedelta(microseconds=1)
    second = attempts.start_exam(learner=learner, blueprint=blueprint, now=later, seed=2)
    first.refresh_from_db()
    assert second != first
    assert (first.finish_reason, first.submitted_at) == ("expired", T0 + 30 * MINUTE)
    assert second.started_at == later


def test_a_second_exam_asks_what_the_first_did_not():
    make_bank(20)
    learner, blueprint = make_learner(), make_blueprint(10)
    first = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
    for slot in first.slots.all():
        attempts.open_slot(slot=slot, now=T0)
    attempts.hand_in(learner=learner, attempt=first.pk, now=T0 + MINUTE)
    second = attempts.start_exam(learner=learner, blueprint=blueprint, now=T0 + 2 * MINUTE, seed=2)
    asked = [set(exam.slots.values_list("version", flat=True)) for exam in (first, second)]
    assert asked[0].isdisjoint(asked[1])


def test_a_bank_that_is_too_small_is_told_and_leaves_no_trace():
    make_bank(4)
    with pytest.raises(NothingToAsk, match="needs 10 questions and the bank has 4"):
        attempts.start_exam(learner=make_learner(), blueprint=make_blueprint(10), now=T0, seed=1)
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize(
    "values", [{"counts": {}}, {"counts": {"async-behaviour": 3}, "pilots": 3}, {"counts": {"async-behaviour": 3}, "pilots": 9}]
)
def test_an_exam_in_which_nothing_counts_does_not_start(values):
    """It could be sat, and never be graded."""
    make_bank(4)
    with pytest.raises(NothingToAsk, match="no question that counts"):
        attempts.start_exam(learner=make_learner(), blueprint=make_blueprint(**values), now=T0, seed=1)
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize(
    ("accommodation", "minutes"),
    [
        ({}, 40),
        ({"time_factor": "1.25"}, 50),
        ({"time_factor": "1.5"}, 60),
        ({"time_factor": "2"}, 80),
        ({"extra_minutes": 30}, 70),
        ({"time_factor": "1.5", "extra_minutes": 30}, 90),
        ({"untimed": True}, None),
    ],
)
def test_the_deadline_is_the_learners_own(accommodation, minutes):
    make_bank(3)
    exam = attempts.start_exam(learner=make_learner(**accommodation), blueprint=make_blueprint(3, minutes=40), now=T0, seed=1)
    exam.refresh_from_db()
    assert exam.deadline_at == (None if minutes is None else T0 + minutes * MINUTE)


def test_a_running_exam_keeps_the_wording_it_began_with():
    make_bank(3)
    exam = attempts.start_exam(learner=make_learner(), blueprint=make_blueprint(3), now=T0, seed=1)
    stems = [slot.version.item.stem for slot in exam.slots.select_related("version")]
    Question.objects.update(state="retired", stem="Another wording")
    assert [slot.version.item.stem for slot in exam.slots.select_related("version")] == stems


# -- pilots ----------------------------------------------------------------------------------------------------------


def test_pilots_stand_only_on_places_that_do_not_count_and_nothing_marks_them():
    make_bank(20)
    pilots = {question.current_id for question in make_questions([make_item() for _ in range(30)], is_pilot=True)}
    blueprint = make_blueprint(10, pilots=3)
    for seed in range(8):
        slots = attempts.start_exam(learner=make_learner(), blueprint=blueprint, now=T0, seed=seed).slots.all()
        trials = [slot for slot in slots if slot.version_id in pilots]
        assert len(trials) == 3 == sum(not slot.is_scored for slot in slots)
        assert {(slot.is_scored, slot.selection) for slot in trials} == {(False, "pilot")}
        assert {slot.selection for slot in slots if slot.is_scored} == {"exam"}


def test_with_fewer_pilots_than_places_the_rest_is_ordinary_questions_as_ever():
    make_bank(20)
    pilot = make_question(is_pilot=True)
    slots = list(attempts.start_exam(learner=make_learner(), blueprint=make_blueprint(10, pilots=4), now=T0, seed=3).slots.all())
    assert sum(not slot.is_scored for slot in slots) == 4
    assert [slot.is_scored for slot in slots if slot.version_id == pilot.current_id] == [False]


def test_an_exam_in_which_everything_counts_holds_no_pilot_and_says_what_is_missing():
    make_bank(4)
    make_questions([make_item() for _ in range(30)], is_pilot=True)
    with pytest.raises(NothingToAsk, match="the bank has 4 that fit"):
        attempts.start_exam(learner=make_learner(), blueprint=make_blueprint(5), now=T0, seed=1)


def test_many_pilots_never_crowd_out_what_counts():
    make_questions([make_item() for _ in range(60)], is_pilot=True)
    bank = {question.pk for question in make_bank(6)}
    for start in (0.0, 0.4, 0.9):
        drawn = Question.objects.all().draw(windows={"async-behaviour": 20}, start=start, learner_id=0, pilots=attempts.PILOTS)
        assert {candidate.question for candidate in drawn if not candidate.is_pilot} == bank
        assert sum(candidate.is_pilot for candidate in drawn) == attempts.PILOTS


def test_drawing_pilots_costs_no_statement_more():
    keys = fill_bank(200)
    Question.objects.filter(slug__endswith="7").update(is_pilot=True)
    counted = []
    for pilots in (0, 15):
        blueprint, learner = make_blueprint(counts=dict.fromkeys(keys, 5), minutes=130, pilots=pilots), make_learner()
        with CaptureQueriesContext(connection) as captured:
            attempts.start_exam(learner=learner, blueprint=blueprint, now=T0, seed=1)
        counted.append(len(statements(captured)))
    assert counted[0] == counted[1] <= 8


def test_a_promoted_pilot_counts_in_the_next_exam_and_not_in_the_one_that_runs():
    make_bank(9)
    pilot = make_question(is_pilot=True)
    blueprint = make_blueprint(10, pilots=1)
    running = attempts.start_exam(learner=make_learner(), blueprint=blueprint, now=T0, seed=1)
    Question.objects.filter(pk=pilot.pk).update(is_pilot=False)
    assert not running.slots.get(version=pilot.current_id).is_scored
    scored = [
        attempts.start_exam(learner=make_learner(), blueprint=blueprint, now=T0, seed=seed).slots.get(version=pilot.current_id).is_scored
        for seed in range(6)
    ]
    assert any(scored)


def test_practice_asks_pilots_like_others_and_the_random_part_of_a_review_does_not():
    pilots = {question.current_id for question in make_questions([make_item() for _ in range(6)], is_pilot=True)}
    ordinary = {question.current_id for question in make_bank(6)}
    make_blueprint(10)
    practice = attempts.start_practice(learner=make_learner(), topics=[], kind="all", size=12, now=T0, seed=1)
    assert set(practice.slots.values_list("version", flat=True)) == pilots | ordinary
    review = attempts.start_review(learner=make_learner(), size=12, now=T0, seed=1)
    drawn = set(review.slots.filter(selection="random_blueprint").values_list("version", flat=True))
    assert drawn
    assert drawn <= ordinary
