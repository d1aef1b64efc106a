"""Every constraint bites, and leaves alone what it should."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import F, Model, ProtectedError

from quizzes.models import (
    Attempt,
    BulkChange,
    Card,
    ContentFile,
    ExamStatistics,
    ItemStatistics,
    KeyMending,
    LabPrediction,
    LateAnswer,
    LessonProgress,
    LessonSection,
    MendedResult,
    Question,
    Regrade,
    Response,
    Review,
    SearchEntry,
    Seen,
    Slot,
    SourcePage,
    User,
)
from quizzes.services import attempts
from tests.factories import (
    T0,
    judged,
    make_assignment,
    make_attempt,
    make_blueprint,
    make_cohort,
    make_guest,
    make_import,
    make_learner,
    make_lesson,
    make_member,
    make_prediction,
    make_question,
    make_slot,
    make_version,
)

pytestmark = pytest.mark.django_db


def second_open_exam():
    first = make_attempt(blueprint=make_blueprint(), slots=0)
    make_attempt(learner=first.learner, blueprint=first.blueprint, slots=0)


def finished_without_a_reason():
    make_attempt(slots=0, submitted_at=T0)


def a_reason_without_an_end():
    make_attempt(slots=0, finish_reason="expired")


def finished_after_its_deadline():
    make_attempt(slots=0, minutes=30, submitted_at=T0 + timedelta(minutes=30, microseconds=1), finish_reason="handed in")


def two_open_reviews():
    first = make_attempt(mode="review", slots=0)
    make_attempt(learner=first.learner, mode="review", slots=0)


def two_slots_in_one_place():
    slot = make_slot()
    make_slot(attempt=slot.attempt, position=slot.position)


def response(slot, **values):
    return Response.objects.create(
        **{
            "slot": slot, "learner": slot.attempt.learner, "question": slot.version.question, "answer": ["b"], "fraction": 1.0,
            "share": 1.0, "selection": "exam", "responded_at": T0, **values,
        }
    )  # fmt: skip


def two_responses_of_one_number():
    slot = make_slot()
    response(slot)
    response(slot)


def more_than_the_whole_mark():
    response(make_slot(), fraction=1.01)


def less_than_no_mark():
    response(make_slot(), fraction=-0.01)


def two_rows_for_one_question_seen():
    learner, question = make_learner(), make_question()
    for _ in range(2):
        Seen.objects.create(learner=learner, question=question, first_at=T0, first_fraction=1, last_at=T0, last_fraction=1)


def one_save_late_twice():
    slot = make_slot()
    for _ in range(2):
        LateAnswer.objects.create(slot=slot, save_id="same", answer=["a"], arrived_at=T0)


def published_without_a_version():
    question = make_question(state="draft")
    Question.objects.filter(pk=question.pk).update(state="published")


def two_versions_of_one_number():
    question = make_question()
    make_version(question=question, item=question.current.item, number=1)


def one_tag_twice():
    question = make_question()
    for _ in range(2):
        question.tags.create(name="spring")


def one_version_of_two_questions():
    Question.objects.filter(pk=make_question().pk).update(current=make_question().current)


def a_cut_of_nothing():
    make_blueprint(cut=0)


def a_cut_of_everything():
    make_blueprint(cut=1)


def an_exam_of_no_time():
    make_blueprint(minutes=0)


def two_words_on_one_case():
    said = {"model": "async", "case": "model=async&fault=always", "predicted": {}, "outcome": {}, "right": True, "made_at": T0}
    learner = make_learner()
    for _ in range(2):
        LabPrediction.objects.create(learner=learner, **said)


def two_sections_in_one_place():
    lesson = make_lesson(sections=1)
    LessonSection.objects.create(lesson=lesson, position=0, anchor="other", blocks=[], text="")


def two_sections_with_one_anchor():
    lesson = make_lesson(sections=2)
    LessonSection.objects.create(lesson=lesson, position=9, anchor="part-1", blocks=[], text="")


def two_places_in_one_lesson():
    learner, lesson = make_learner(), make_lesson()
    for _ in range(2):
        LessonProgress.objects.create(learner=learner, lesson=lesson, visited_at=T0)


def two_accounts_with_one_email():
    make_learner(email="Ada@example.org")
    make_learner(email="ada@EXAMPLE.org")


def a_guest_on_the_staff():
    User.objects.filter(pk=make_guest().pk).update(is_staff=True)


def a_guest_with_all_rights():
    User.objects.filter(pk=make_guest().pk).update(is_superuser=True)


def two_questions_of_one_slug():
    make_question(slug="same")
    make_question(slug="same")


def one_question_of_two_files() -> None:
    question = make_question()
    make_import(question=question)
    make_import(question=question)


def two_plans_of_one_slug():
    make_blueprint(slug="same")
    make_blueprint(slug="same")


def two_lessons_of_one_slug():
    make_lesson(sections=0)
    make_lesson(sections=0)


def one_file_twice():
    ContentFile.objects.create(path="a.toml")
    ContentFile.objects.create(path="a.toml")


def one_source_twice():
    SourcePage.objects.create(url="https://docs.aws.amazon.com/lambda/", title="Guide")
    SourcePage.objects.create(url="https://docs.aws.amazon.com/lambda/", title="Another title")


def two_snapshots_of_a_version_on_one_day():
    version = make_question().current
    for _ in range(2):
        ItemStatistics.objects.create(version=version, computed_on=T0.date(), computed_at=T0, n=0, figures={})


def two_snapshots_of_an_exam_on_one_day():
    plan = make_blueprint()
    for _ in range(2):
        ExamStatistics.objects.create(blueprint=plan, computed_on=T0.date(), computed_at=T0, n=0, figures={})


def answered() -> Response:
    """A practice answer, with the card and the entry of the log that come of it."""
    slot = make_slot(attempt=make_attempt(mode="practice", slots=0))
    return attempts.submit_response(
        learner=slot.attempt.learner, attempt=slot.attempt_id, position=1, letters=["B"], confidence="sure", spent_ms=0, now=T0
    )


def a_mending(**values: object) -> KeyMending:
    return KeyMending.objects.create(**{"question": make_question(), "kind": "drop", "reason": "Both hold.", "made_at": T0, **values})


def undone_by_somebody_at_no_time():
    a_mending(undone_by=make_learner())


def a_mending_without_a_reason():
    a_mending(reason="")


def two_marks_of_one_response():
    mending, response = a_mending(), answered()
    for _ in range(2):
        Regrade.objects.create(mending=mending, response=response, fraction=1)


def a_mark_above_one():
    Regrade.objects.create(mending=a_mending(), response=answered(), fraction=1.5)


def two_results_of_one_mending():
    mending, attempt = a_mending(), make_attempt(slots=0)
    for _ in range(2):
        MendedResult.objects.create(mending=mending, attempt=attempt, right_after=1, scored_after=1, scaled_after=1000)


def two_cards_of_one_family():
    card = Card.objects.get(learner=answered().learner)
    card.pk = None
    card.save(force_insert=True)


def due_on_the_day_of_its_answer():
    answered()
    Card.objects.update(due_day=F("day"))


def another_review(**values):
    review = answered().review
    review.pk = None
    for name, value in values.items():
        setattr(review, name, value)
    review.save(force_insert=True)


def two_reviews_of_one_number():
    other = answered()
    other.review.delete()
    another_review(response=other)


def two_reviews_of_one_response():
    another_review(number=2)


def a_prediction(learner: User) -> LabPrediction:
    return LabPrediction.objects.create(learner=learner, case="a", predicted={}, outcome={}, right=True, made_at=T0)


def a_review_of_an_answer_and_a_prediction():
    response = answered()
    Review.objects.filter(response=response).update(prediction=a_prediction(response.learner))


def two_reviews_of_one_prediction():
    response = answered()
    review = response.review
    Review.objects.filter(pk=review.pk).update(response=None, prediction=a_prediction(response.learner))
    review.refresh_from_db()
    review.pk, review.number = None, 2
    review.save(force_insert=True)


def two_predictions_of_one_sitting():
    attempt = make_attempt(slots=0)
    make_prediction(attempt.learner, attempt=attempt)
    make_prediction(attempt.learner, attempt=attempt)


def a_range_that_is_wider_than_the_wider_one():
    make_prediction(low80=20, low90=25)


def more_than_certain():
    make_prediction(chance=1.2)


def judged_without_a_result():
    make_prediction(judged_at=T0)


def more_right_than_asked():
    make_prediction(**judged(right=51, items=50))


def two_classes_with_one_code():
    make_cohort(code=make_cohort().code)


def a_class_that_ends_before_it_starts():
    make_cohort(ends_on=date(2019, 12, 31))


def two_stays_at_once():
    stay = make_member(make_cohort())
    make_member(stay.cohort, stay.learner)


def a_stay_that_ends_before_it_begins():
    make_member(make_cohort(), left_at=T0 - timedelta(microseconds=1))


def a_window_of_no_length():
    make_assignment(make_cohort(), opens_at=T0, closes_at=T0)


def an_exam_that_nobody_may_sit():
    make_assignment(make_cohort(), attempts_allowed=0)


#: The constraint or unique column, and what it forbids.
def two_entries_of_a_section():
    for _ in range(2):
        SearchEntry.objects.create(section_id=1)


def two_entries_of_a_term():
    for _ in range(2):
        SearchEntry.objects.create(term_id="alias")


def two_entries_of_a_version():
    for _ in range(2):
        SearchEntry.objects.create(version_id=1)


def an_entry_of_nothing():
    SearchEntry.objects.create()


def an_entry_of_two_places():
    SearchEntry.objects.create(section_id=1, term_id="alias")


CASES = [
    ("prediction.attempt", two_predictions_of_one_sitting),
    ("ranges_nest", a_range_that_is_wider_than_the_wider_one),
    ("a_chance_is_a_share", more_than_certain),
    ("judged_whole_or_not_at_all", judged_without_a_result),
    ("judged_whole_or_not_at_all", more_right_than_asked),
    ("one_card_per_family", two_cards_of_one_family),
    ("a_card_is_due_after_its_answer", due_on_the_day_of_its_answer),
    ("one_review_per_number", two_reviews_of_one_number),
    ("review.response", two_reviews_of_one_response),
    ("review.prediction", two_reviews_of_one_prediction),
    ("a_review_has_one_cause", a_review_of_an_answer_and_a_prediction),
    ("one_item_snapshot_a_day", two_snapshots_of_a_version_on_one_day),
    ("one_exam_snapshot_a_day", two_snapshots_of_an_exam_on_one_day),
    ("one_prediction_per_case", two_words_on_one_case),
    ("one_open_exam_per_blueprint", second_open_exam),
    ("one_open_review", two_open_reviews),
    ("finished_has_a_reason", finished_without_a_reason),
    ("finished_has_a_reason", a_reason_without_an_end),
    ("never_handed_in_after_the_deadline", finished_after_its_deadline),
    ("one_slot_per_position", two_slots_in_one_place),
    ("one_response_per_number", two_responses_of_one_number),
    ("fraction_is_a_share", more_than_the_whole_mark),
    ("fraction_is_a_share", less_than_no_mark),
    ("one_row_per_question_seen", two_rows_for_one_question_seen),
    ("one_late_answer_per_save", one_save_late_twice),
    ("published_means_a_version", published_without_a_version),
    ("one_tag_of_a_name", one_tag_twice),
    ("one_row_per_version", two_versions_of_one_number),
    ("question.current", one_version_of_two_questions),
    ("importedquestion.question", one_question_of_two_files),
    ("cut_is_a_share", a_cut_of_nothing),
    ("cut_is_a_share", a_cut_of_everything),
    ("an_exam_takes_time", an_exam_of_no_time),
    ("searchentry.section", two_entries_of_a_section),
    ("searchentry.term", two_entries_of_a_term),
    ("searchentry.version", two_entries_of_a_version),
    ("an_entry_stands_for_one_place", an_entry_of_nothing),
    ("an_entry_stands_for_one_place", an_entry_of_two_places),
    ("one_section_per_position", two_sections_in_one_place),
    ("one_section_per_anchor", two_sections_with_one_anchor),
    ("one_progress_per_lesson", two_places_in_one_lesson),
    ("one_account_per_email", two_accounts_with_one_email),
    ("a_guest_is_no_staff", a_guest_on_the_staff),
    ("a_guest_is_no_staff", a_guest_with_all_rights),
    ("question.slug", two_questions_of_one_slug),
    ("blueprint.slug", two_plans_of_one_slug),
    ("who_undid_says_when", undone_by_somebody_at_no_time),
    ("a_mending_has_a_reason", a_mending_without_a_reason),
    ("regrade.response", two_marks_of_one_response),
    ("regrade_is_a_share", a_mark_above_one),
    ("one_result_per_mending", two_results_of_one_mending),
    ("lesson.slug", two_lessons_of_one_slug),
    ("contentfile.path", one_file_twice),
    ("sourcepage.url", one_source_twice),
    ("cohort.code", two_classes_with_one_code),
    ("a_class_ends_after_it_starts", a_class_that_ends_before_it_starts),
    ("one_stay_at_a_time", two_stays_at_once),
    ("nobody_leaves_before_joining", a_stay_that_ends_before_it_begins),
    ("a_window_has_a_length", a_window_of_no_length),
    ("an_assigned_exam_can_be_sat", an_exam_that_nobody_may_sit),
]


@pytest.mark.parametrize(("name", "break_it"), CASES, ids=[f"{name}: {case.__name__}" for name, case in CASES])
def test_the_database_refuses(name, break_it):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        break_it()
    words = str(refused.value).lower()
    model, _, column = name.partition(".")
    assert name in words or f"{model}.{column}" in words or f"{model}_{column}" in words or same_columns(name, words)


def same_columns(name: str, words: str) -> bool:
    """SQLite names the columns of a unique constraint where PostgreSQL names the constraint."""
    for model in apps.get_app_config("quizzes").get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name and getattr(constraint, "fields", ()):
                return all(model._meta.get_field(field).column in words for field in constraint.fields)
    return False


def test_every_constraint_has_a_case():
    named: set[str] = set()
    unique: set[str] = set()
    models: list[type[Model]] = [model for model in apps.get_app_config("quizzes").get_models() if not model._meta.proxy]
    for model in models:
        named |= {constraint.name for constraint in model._meta.constraints}
        unique |= {
            f"{model._meta.model_name}.{field.name}"
            for field in model._meta.local_fields
            if field.unique and not field.primary_key and model is not User
        }
    assert named | unique == {name for name, _ in CASES}


def test_a_finished_exam_makes_room_for_the_next():
    first = make_attempt(blueprint=make_blueprint(), slots=0, submitted_at=T0, finish_reason="handed in")
    make_attempt(learner=first.learner, blueprint=first.blueprint, slots=0)
    assert Attempt.objects.of(first.learner).exams().unfinished().count() == 1


def test_the_last_moment_is_in_time():
    make_attempt(slots=0, minutes=30, submitted_at=T0 + timedelta(minutes=30), finish_reason="expired")


def test_an_untimed_exam_ends_when_it_likes():
    make_attempt(slots=0, minutes=None, submitted_at=T0 + timedelta(days=9), finish_reason="handed in")


def test_people_without_an_address_are_many():
    make_learner(email="")
    make_learner(email="")


def test_openings_need_no_anchor():
    lesson = make_lesson(sections=1)
    LessonSection.objects.create(lesson=lesson, position=5, anchor="", blocks=[], text="")


@pytest.mark.parametrize("noun", ["blueprint", "version", "question", "objective", "topic", "domain"])
def test_what_is_in_use_is_not_deleted(noun):
    slot = make_slot(attempt=make_attempt(blueprint=make_blueprint(), slots=0))
    question = slot.version.question
    row = {
        "blueprint": slot.attempt.blueprint, "version": slot.version, "question": question, "objective": question.objective,
        "topic": question.topic, "domain": question.domain,
    }[noun]  # fmt: skip
    with pytest.raises(ProtectedError):
        row.delete()


def test_a_lesson_goes_and_its_sittings_stay():
    lesson = make_lesson()
    attempt = make_attempt(mode="check", lesson=lesson, slots=1)
    lesson.delete()
    attempt.refresh_from_db()
    assert attempt.lesson is None
    assert not LessonSection.objects.exists()


def test_an_author_goes_and_the_questions_stay():
    author = make_learner()
    question = make_question(author=author)
    author.delete()
    question.refresh_from_db()
    assert question.author is None


@pytest.mark.parametrize("model", [Attempt, Slot])
def test_a_stranger_finds_nothing(model):
    slot = make_slot()
    assert model.objects.of(slot.attempt.learner).count() == 1
    assert model.objects.of(make_learner()).count() == 0
    assert model.objects.of(User()).count() == 0


def test_what_the_desk_keeps_says_what_it_is():
    question = make_question()
    change = BulkChange.objects.create(kind="tag", value="spring", at=T0)
    row = change.rows.create(question=question, after="spring")
    comment = question.comments.create(kind="returned", text="Shorter, please.", at=T0)
    assert (str(change), str(row), str(comment)) == ("Tag spring", f"{question.pk}:  to spring", "sent it back: Shorter, please.")
    assert str(question.tags.create(name="spring")) == "spring"


def test_rows_say_what_they_are():
    slot = make_slot(attempt=make_attempt(blueprint=make_blueprint(title="The taster"), slots=0))
    assert str(slot) == f"{slot.attempt_id}/1"
    assert str(slot.attempt) == f"exam {slot.attempt_id}"
    assert str(slot.attempt.blueprint) == "The taster"
    assert str(slot.version) == f"{slot.version.question_id} version 1"
