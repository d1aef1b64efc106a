"""Lessons, glossary, search, topics, Today and progress: whose they are, and what they leave out."""

import re
from datetime import timedelta

import pytest

from quizzes.domain.items import as_dict
from quizzes.domain.memory import day_number
from quizzes.models import Attempt, LabPrediction, LessonProgress, Question, Report, Response, SearchEntry, Seen, Term
from quizzes.queries import bank, home, lessons, progress, reports
from quizzes.services import attempts
from quizzes.services import lessons as reading
from tests.factories import (
    T0,
    make_attempt,
    make_bank,
    make_card,
    make_first,
    make_item,
    make_learner,
    make_lesson,
    make_question,
    make_slot,
    make_topic,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def see(learner, question, *, first=1.0, last=1.0, confidence=""):
    Seen.objects.create(
        learner=learner, question=question, first_at=T0, first_fraction=first, last_at=T0, last_fraction=last, last_confidence=confidence
    )


def answer(session: Attempt, position: int = 1, letter: str = "B", confidence: str = "", now=T0) -> None:
    attempts.submit_response(
        learner=session.learner, attempt=session.pk, position=position, letters=[letter], confidence=confidence, spent_ms=0, now=now
    )


# -- lessons ---------------------------------------------------------------------------------------------------------


def test_lessons_stand_in_order_with_the_learners_place():
    learner, first, second, third = make_learner(), make_lesson("one", minutes=8, sections=5), make_lesson("two"), make_lesson("three")
    reading.keep_place(learner=learner, lesson=first, anchor="part-2", now=T0)
    reading.finish_lesson(learner=learner, lesson=second, finished=True, now=T0)
    found = lessons.lesson_lines(learner, current="two")
    assert [(line.slug, line.state, line.reached, line.sections) for line in found] == [
        ("one", "begun", 2, 4), ("two", "read", 2, 2), ("three", "new", 0, 2),
    ]  # fmt: skip
    assert (found[0].minutes_left, found[0].anchor, found[1].current) == (4, "part-2", True)
    assert {line.state for line in lessons.lesson_lines(None)} == {"new"}
    assert {line.state for line in lessons.lesson_lines(make_learner())} == {"new"}
    assert third.slug == "three"


def test_a_place_is_kept_and_a_mark_can_be_taken_back():
    learner, lesson = make_learner(), make_lesson()
    reading.keep_place(learner=learner, lesson=lesson, anchor="nowhere", now=T0)
    assert not LessonProgress.objects.exists()
    reading.finish_lesson(learner=learner, lesson=lesson, finished=True, now=T0)
    reading.keep_place(learner=learner, lesson=lesson, anchor="part-1", now=T0 + MINUTE)
    row = LessonProgress.objects.get()
    assert (row.anchor, row.finished_at, row.visited_at) == ("part-1", T0, T0 + MINUTE)
    reading.finish_lesson(learner=learner, lesson=lesson, finished=False, now=T0 + MINUTE)
    row.refresh_from_db()
    assert (row.anchor, row.finished_at) == ("part-1", None)


def test_a_lesson_knows_its_neighbours_and_its_checks():
    question = make_question()
    make_lesson("one")
    row = make_lesson("two", checks=(question.slug,))
    make_lesson("three")
    page = lessons.lesson_page(row, None)
    assert (page.previous.slug, page.next.slug, page.topic_title) == ("one", "three", "Asynchronous invocation")
    assert [section.anchor for section in page.headings] == ["part-1", "part-2"]
    check = page.sections[0].blocks[1].check
    assert (check.pk, check.answered, check.question.feedback) == (question.pk, False, None)
    assert all(option.why is None and option.is_key is None for option in check.question.options)


def test_a_check_shows_its_answer_to_who_gave_it_and_to_nobody_else():
    learner, question = make_learner(), make_question()
    row = make_lesson(checks=(question.slug,))
    attempt = attempts.start_check(learner=learner, lesson=row, question=question, now=T0, seed=question.check_seed)
    before = lessons.check_view(row, question, learner)
    answer(attempt, letter="A")
    mine, theirs, visitors = (lessons.check_view(row, question, who) for who in (learner, make_learner(), None))
    assert (mine.answered, mine.question.feedback.answered) == (True, True)
    assert [o.text for o in mine.question.options] == [o.text for o in before.question.options]
    assert (theirs.answered, theirs.question.feedback, visitors.answered) == (False, None, False)


def test_a_check_whose_question_is_not_asked_any_more_is_left_out():
    question = make_question(state="retired")
    page = lessons.lesson_page(make_lesson(checks=(question.slug,)), None)
    assert page.sections[0].blocks[1].check is None


def test_a_check_answered_in_old_words_shows_the_old_words():
    learner, question = make_learner(), make_question()
    row = make_lesson(checks=(question.slug,))
    answer(attempts.start_check(learner=learner, lesson=row, question=question, now=T0, seed=question.check_seed))
    old = question.current.item.stem
    publish_again(question)
    assert lessons.check_view(row, question, learner).question.stem == old
    assert lessons.check_view(row, question, None).question.stem != old


def publish_again(question: Question, **values) -> None:
    item = make_item(**values)
    version = question.versions.create(number=2, body=as_dict(item), checksum="2", published_at=T0)
    Question.objects.filter(pk=question.pk).update(current=version, stem=item.stem)
    question.refresh_from_db()


# -- glossary and search ---------------------------------------------------------------------------------------------


def make_term(term="Dead-letter queue", **values) -> Term:
    return Term.objects.create(
        **{"slug": term.lower().replace(" ", "-"), "term": term, "aliases": ["DLQ"], "definition": "What failed waits here.",
           "html": "What failed waits here.", **values}
    )  # fmt: skip


def test_the_glossary_points_to_lessons():
    make_lesson("asynchronous-invocation", short="Asynchronous")
    make_term(lesson="asynchronous-invocation#part-1")
    make_term("Alias", aliases=[])
    alias, queue = lessons.glossary()
    assert (queue.lesson_url, queue.lesson_title, queue.aliases) == ("/lessons/asynchronous-invocation/#part-1", "Asynchronous", ["DLQ"])
    assert (alias.lesson_url, alias.lesson_title) == ("", "")


def titles(query: str, learner=None) -> dict[str, list[str]]:
    SearchEntry.objects.refresh()
    page = lessons.search_page(query, learner)
    return {
        "sections": [h.title for h in page.sections],
        "terms": [h.title for h in page.terms],
        "questions": [h.title for h in page.questions],
    }


def test_search_finds_lessons_terms_and_aliases():
    make_lesson("asynchronous-invocation", short="Asynchronous", sections=2)
    make_term()
    SearchEntry.objects.refresh()
    found = lessons.search_page("Dead-Letter", None)
    assert {hit.url for hit in found.sections} == {"/lessons/asynchronous-invocation/", "/lessons/asynchronous-invocation/#part-1"}
    assert [hit.url for hit in found.terms] == ["/glossary/#dead-letter-queue"]
    assert found.found == 3
    assert titles("dlq")["terms"] == ["Dead-letter queue"]
    assert titles("queue nowhere") == {"sections": [], "terms": [], "questions": []}


@pytest.mark.parametrize(
    "query", ["", "   ", "%", "_", "'", '"; DROP TABLE quizzes_term; --', "\\", "a" * 100, "[", "(", "]", "İ", "\N{ROCKET}"]
)
def test_nothing_that_is_typed_breaks_it_or_finds_everything(query):
    make_term("Alias", aliases=[], definition="A name")
    assert titles(query)["terms"] == (["Alias"] if query in {"a"} else [])


def test_only_questions_that_the_learner_has_seen_are_found():
    learner, (seen, unseen) = make_learner(), make_bank(2)
    see(learner, seen)
    assert len(titles("partner is down", learner)["questions"]) == 1
    assert titles("partner is down", make_learner())["questions"] == []
    assert titles("partner is down")["questions"] == []
    assert lessons.search_page("partner", learner).questions[0].url == f"/questions/{seen.pk}/"
    assert unseen.pk != seen.pk


def test_what_an_author_is_still_writing_is_not_found():
    """The working copy is nobody's business before it is published."""
    learner, question = make_learner(), make_question()
    see(learner, question)
    Question.objects.filter(pk=question.pk).update(stem="A secret draft about the partner")
    assert titles("secret draft", learner)["questions"] == []
    [hit] = lessons.search_page("partner", learner).questions
    assert "secret" not in "".join(hit.parts)


def test_the_best_matches_come_first_and_not_too_many():
    for n in range(25):
        make_term(f"Queue {n}", slug=f"queue-{n}")
    make_term("Other", slug="other", definition="a queue as well")
    found = titles("queue")["terms"]
    assert len(found) == 20
    assert "Other" not in found


# -- topics ----------------------------------------------------------------------------------------------------------


def test_topics_count_what_was_seen_and_missed():
    learner, questions = make_learner(), make_bank(4)
    [retired] = [make_question(state="retired")]
    make_topic("empty", "Empty")
    see(learner, questions[0])
    see(learner, questions[1], first=0.0)
    see(learner, questions[2], last=0.0)
    see(learner, retired, last=0.0)
    see(make_learner(), questions[3], last=0.0)
    lines = {line.slug: line for line in bank.topic_lines(learner)}
    line = lines["invocation-async"]
    assert (line.questions, line.seen, line.unseen, line.missed) == (4, 3, 1, 1)
    assert lines["empty"].questions == 0
    visitor = {line.slug: line for line in bank.topic_lines(None)}["invocation-async"]
    assert (visitor.questions, visitor.seen) == (4, 0)


def test_practice_offers_the_session_that_is_open():
    learner = make_learner()
    session = make_attempt(learner=learner, mode="practice", slots=3)
    answer(session)
    make_attempt(learner=learner, mode="exam", slots=1)
    page = bank.practice_page(learner)
    assert (page.open_attempt, page.open_left) == (session.pk, 2)
    assert (bank.practice_page(make_learner()).open_attempt, bank.practice_page(None).open_attempt) == (None, None)


# -- today -----------------------------------------------------------------------------------------------------------


def today(learner, now=T0) -> home.TodayPage:
    return home.today_page(learner, now=now)


def test_a_visitor_begins_with_the_first_lesson():
    make_lesson("one")
    make_bank(3)
    page = today(None)
    assert (page.is_new, page.step.url, page.lessons, page.lessons_read) == (True, "/lessons/one/", 1, 0)


def test_a_running_exam_comes_before_all_else():
    learner = make_learner()
    make_lesson()
    exam = make_attempt(learner=learner, slots=3)
    attempts.save_draft(learner=learner, attempt=exam.pk, position=1, letters=["A"], revision=0, save_id="the-save", now=T0)
    page = today(learner, T0 + 10 * MINUTE)
    assert page.step.url == f"/attempts/{exam.pk}/"
    assert [(row.attempt, row.left, row.total, row.remaining_s) for row in page.running] == [(exam.pk, 2, 3, 1200)]
    assert today(learner, T0 + 40 * MINUTE).running == []


def test_an_open_session_says_what_is_left_of_it():
    learner = make_learner()
    session = make_attempt(learner=learner, mode="practice", slots=3)
    answer(session, letter="A")
    make_attempt(learner=learner, mode="check", slots=1)
    assert [(row.mode, row.left, row.total) for row in today(learner).running] == [("practice", 3, 4)]


@pytest.mark.parametrize(("due", "expected"), [(1, "/review/"), (0, "/practice/?topic=invocation-async")], ids=["one is due", "nothing is"])
def test_what_is_due_comes_before_new_things(due, expected):
    learner = make_learner()
    make_card(learner=learner, due_day=day_number(T0) + 1 - due)
    page = today(learner)
    assert (page.step.url, page.due) == (expected, due)


def test_what_is_over_the_load_of_a_day_is_named_as_later():
    learner = make_learner(daily_reviews=10)
    for _ in range(13):
        make_card(learner=learner)
    page = today(learner)
    assert (page.due, page.later, page.step.title) == (10, 3, "Review 10 questions")
    assert "3 more are spread over the coming days." in page.step.why


def test_a_review_that_the_next_step_does_not_say_is_offered_beside_it():
    learner = make_learner()
    make_card(learner=learner)
    assert not today(learner).review_waits
    make_attempt(learner=learner, slots=2)
    assert today(learner).review_waits


@pytest.mark.parametrize(
    ("days", "title"),
    [(-1, "How did your exam go?"), (0, "Today is your exam"), (1, "Rest, or read one page again"), (5, "Sit a practice exam")],
)
def test_the_day_of_the_exam_changes_what_comes_next(days, title):
    learner = make_learner(exam_on=(T0 + timedelta(days=days)).date())
    make_card(learner=learner, due_day=day_number(T0) + 9)
    page = today(learner)
    assert (page.step.title, page.days_left) == (title, days)


def test_evidence_is_asked_for_where_topics_are_known():
    learner = make_learner()
    for _ in range(9):
        make_first(learner=learner)
    page = today(learner)
    assert (page.step.url, page.step.why[:8]) == ("/readiness/", "0 of 20 ")


def test_the_weakest_topic_is_named_with_its_range():
    learner = make_learner()
    make_attempt(learner=learner, slots=0, submitted_at=T0, finish_reason="handed in", right=1, scored=2, scaled=500)
    for n in range(24):
        item = make_item(topic=f"topic-{n % 2}", objective=f"objective-{n % 2}")
        make_first(learner=learner, question=make_question(item=item), right=n % 2 == 0 and n > 8, selection="exam")
    page = today(learner)
    assert page.step.url == "/practice/?topic=topic-1"
    assert re.search(r"likely \d+% to \d+% right, from 12 answers", page.step.why)


def test_a_lesson_that_was_begun_is_finished_first():
    learner, lesson = make_learner(), make_lesson("one")
    make_bank(2)
    reading.keep_place(learner=learner, lesson=lesson, anchor="part-1", now=T0)
    page = today(learner)
    assert (page.is_new, page.step.url) == (False, "/lessons/one/#part-1")


# -- progress --------------------------------------------------------------------------------------------------------


def test_progress_holds_ones_own_judgement_against_the_answers():
    session = make_attempt(mode="practice", slots=4)
    for position, (letter, confidence) in enumerate([("B", "sure"), ("A", "sure"), ("B", "guess"), ("B", "")], start=1):
        answer(session, position, letter, confidence)
    page = progress.progress_page(session.learner, now=T0)
    assert [(line.label, line.answers, line.right, line.share) for line in page.confidence] == [
        ("Sure", 2, 1, 0.5), ("Not sure", 0, 0, None), ("Guess", 1, 1, 1.0),
    ]  # fmt: skip
    assert (page.answers, page.right) == (4, 3)
    assert [(line.attempt, line.answered, line.right) for line in page.sessions] == [(session.pk, 4, 3)]


def test_progress_is_ones_own():
    other = make_attempt(mode="practice", slots=1)
    answer(other)
    Report.objects.create(learner=other.learner, version=make_question().current, kind="wrong", text="Why?", created_at=T0)
    page = progress.progress_page(make_learner(), now=T0)
    assert (page.answers, page.sessions, page.reports, page.exams) == (0, [], [], [])
    assert progress.progress_page(None, now=T0).answers == 0
    assert [(r.text, r.state) for r in progress.progress_page(other.learner, now=T0).reports] == [("Why?", "open")]


# -- a question alone ------------------------------------------------------------------------------------------------


def test_a_question_is_shown_to_who_has_seen_its_key():
    session = make_attempt(mode="practice", slots=1)
    question = session.slots.get().version.question
    assert reports.seen_page(question.pk, session.learner) is None
    answer(session, letter="A")
    page = reports.seen_page(question.pk, session.learner)
    assert (page.version, page.answered_on, page.question.feedback.right) == (question.current_id, "2026-11-23", False)
    assert reports.seen_page(question.pk, make_learner()) is None


def test_a_question_of_a_running_exam_shows_what_was_seen_before_it():
    session = make_attempt(mode="practice", slots=1)
    question = session.slots.get().version.question
    answer(session)
    exam = make_attempt(learner=session.learner, slots=0)
    make_slot(attempt=exam, question=question)
    assert reports.seen_page(question.pk, session.learner).question.feedback is not None


def test_only_versions_that_one_has_met_can_be_reported():
    slot = make_slot()
    assert reports.version_met(slot.version_id, slot.attempt.learner) == slot.version
    assert reports.version_met(slot.version_id, make_learner()) is None
    assert reports.version_met(slot.version_id, None) is None


@pytest.mark.parametrize("type", ["single", "ordering", "matching", "numeric"])
def test_a_check_is_answered_in_the_order_in_which_it_was_shown(type: str):
    """The page comes before there is an attempt; both shuffle alike, by something that no address tells."""
    question = make_question(item=make_item(type=type))
    row = make_lesson(checks=(question.slug,))
    shown = lessons.check_view(row, question, None)
    assert shown is not None
    attempt = attempts.start_check(learner=make_learner(), lesson=row, question=question, now=T0, seed=question.check_seed)
    [slot] = attempt.slots.select_related("version")
    texts = [option.text for option in slot.version.item.in_order(slot.option_order)]
    assert [option.text for option in shown.question.options] == ([] if type == "numeric" else texts)
    assert question.check_seed != question.pk
    if type in ("ordering", "matching"):
        assert sorted(slot.option_order) != slot.option_order


# -- exams on the progress page --------------------------------------------------------------------------------------


def exam(learner, *, days, scaled, spent_ms=60_000):
    at = T0 - timedelta(days=days)
    attempt = make_attempt(
        learner=learner, slots=1, started_at=at, minutes=2, submitted_at=at, finish_reason="handed in", right=1, scored=1, scaled=scaled
    )
    slot = attempt.slots.select_related("version").get()
    Response.objects.create(
        slot=slot, learner=learner, question_id=slot.version.question_id, answer=["b"], fraction=1, share=1, spent_ms=spent_ms,
        selection="exam", responded_at=at,
    )  # fmt: skip


def test_results_and_pace_over_exams_are_drawn_and_listed():
    learner = make_learner()
    exam(learner, days=1, scaled=760, spent_ms=50_000)
    page = progress.progress_page(learner, now=T0)
    assert (page.scores, page.times) == (None, None)
    exam(learner, days=9, scaled=640, spent_ms=90_000)
    page = progress.progress_page(learner, now=T0)
    assert [(row.line.scaled, row.spent_s, row.allowed_s) for row in page.exams] == [(760, 50, 120), (640, 90, 120)]
    assert [series.name for series in page.scores.series] == ["your score", "pass, 720"]
    assert [series.name for series in page.times.series] == ["you took", "the exam allows"]
    assert page.judgement is None


def test_predictions_in_the_lab_are_counted_apart():
    session = make_attempt(mode="practice", slots=1)
    answer(session, 1, "B", "sure")
    LabPrediction.objects.create(learner=session.learner, case="a-case", model="sqs", predicted={}, outcome={}, right=True, made_at=T0)
    page = progress.progress_page(session.learner, now=T0)
    assert (page.answers, page.right, page.predictions, page.predictions_right) == (1, 1, 1, 1)
    assert page.judgement is not None
