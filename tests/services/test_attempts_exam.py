"""A running exam: what is acknowledged is kept and graded; what is stale, late or sent twice does no harm."""

from datetime import timedelta

import pytest

from quizzes.domain.attempt import GRACE_S
from quizzes.domain.errors import AttemptClosed, InvalidAnswer, LateAnswer, Refusal
from quizzes.models import Attempt, Response, Seen, Slot
from quizzes.models import LateAnswer as Late
from quizzes.services import attempts
from quizzes.services.attempts import NotYours, StaleSave, Waiting
from tests.factories import T0, make_attempt, make_learner

pytestmark = pytest.mark.django_db

MINUTE, SECOND, TICK = timedelta(minutes=1), timedelta(seconds=1), timedelta(microseconds=1)
#: make_attempt gives thirty minutes; the key of its items is B.
END = T0 + 30 * MINUTE
LAST = END + GRACE_S * SECOND


def save(exam: Attempt, position: int = 1, letters: str = "A", revision: int = 0, save_id: str = "save-one", now=T0, **values):
    return attempts.save_draft(
        **{"learner": exam.learner, "attempt": exam.pk, "position": position, "letters": list(letters), "revision": revision,
           "save_id": save_id, "now": now, **values}
    )  # fmt: skip


def slot_of(exam: Attempt, position: int = 1) -> Slot:
    return Slot.objects.get(attempt=exam, position=position)


def hand_in(exam: Attempt, now=T0 + MINUTE, **values):
    return attempts.hand_in(learner=exam.learner, attempt=exam.pk, now=now, **values)


def result_of(exam: Attempt) -> dict:
    return {
        "attempt": Attempt.objects.filter(pk=exam.pk).values("submitted_at", "finish_reason", "right", "scored", "scaled").get(),
        "responses": list(
            Response.objects.filter(slot__attempt=exam).order_by("slot__position")
            .values_list("slot__position", "answer", "fraction", "share", "responded_at", "spent_ms")
        ),
    }  # fmt: skip


# -- saving ----------------------------------------------------------------------------------------------------------


def test_a_save_has_its_receipt():
    exam = make_attempt()
    receipt = save(exam, letters="C", now=T0 + MINUTE)
    assert (receipt.position, receipt.revision, receipt.answer) == (1, 1, ["C"])
    assert (receipt.saved_at, receipt.remaining_s) == (T0 + MINUTE, 29 * 60)
    slot = slot_of(exam)
    assert (slot.draft, slot.revision, slot.saved_at, slot.seen_at) == (["c"], 1, T0 + MINUTE, T0 + MINUTE)


def test_letters_mean_what_the_place_shows():
    exam = make_attempt()
    Slot.objects.filter(attempt=exam, position=1).update(option_order=["c", "a", "d", "b"])
    assert save(exam, letters="A").answer == ["A"]
    assert slot_of(exam).draft == ["c"]


def test_an_answer_can_be_changed_and_taken_back():
    exam = make_attempt()
    save(exam, letters="A")
    save(exam, letters="B", revision=1, save_id="save-two")
    assert save(exam, letters="", revision=2, save_id="save-three").answer == []
    assert (slot_of(exam).draft, slot_of(exam).revision) == ([], 3)


def test_a_part_of_a_multiple_answer_is_kept_as_it_is():
    exam = make_attempt(item={"type": "multiple"})
    assert save(exam, letters="C").answer == ["C"]
    assert slot_of(exam).first_draft is None
    save(exam, letters="CA", revision=1, save_id="save-two")
    save(exam, letters="CB", revision=2, save_id="save-three")
    assert (slot_of(exam).draft, slot_of(exam).first_draft) == (["b", "c"], ["a", "c"])


@pytest.mark.parametrize(("letters", "sentence"), [("AB", "Choose one option"), ("E", "does not belong"), ("?", "does not belong")])
def test_an_answer_that_cannot_be_is_refused_and_leaves_no_trace(letters, sentence):
    exam = make_attempt()
    with pytest.raises(InvalidAnswer, match=sentence):
        save(exam, letters=letters)
    assert (slot_of(exam).draft, slot_of(exam).revision, Late.objects.count()) == ([], 0, 0)


def test_time_on_a_place_adds_up_within_reason():
    exam = make_attempt()
    save(exam, spent_ms=4000)
    save(exam, letters="B", revision=1, save_id="save-two", spent_ms=10**9)
    assert slot_of(exam).spent_ms == 4000 + 15 * 60 * 1000


# -- twice -----------------------------------------------------------------------------------------------------------


def test_a_save_sent_twice_counts_once():
    exam = make_attempt()
    first = save(exam, spent_ms=1000, now=T0 + SECOND)
    again = save(exam, spent_ms=1000, now=T0 + 9 * SECOND)
    assert (again.revision, again.saved_at, again.answer) == (first.revision, first.saved_at, first.answer)
    assert (slot_of(exam).revision, slot_of(exam).spent_ms) == (1, 1000)


def test_a_save_sent_again_after_newer_ones_changes_nothing():
    exam = make_attempt()
    first = save(exam, letters="A")
    save(exam, letters="B", revision=1, save_id="save-two")
    again = save(exam, letters="A", now=T0 + MINUTE)
    assert (again.revision, again.answer, again.saved_at) == (1, ["A"], first.saved_at)
    assert (slot_of(exam).draft, slot_of(exam).revision) == (["b"], 2)


def test_a_save_sent_again_after_the_end_still_has_its_receipt():
    """The learner never got the first receipt; the answer was in time all the same."""
    exam = make_attempt()
    save(exam, letters="B", now=END)
    hand_in(exam, now=END)
    assert save(exam, letters="B", now=LAST + MINUTE).saved_at == END
    assert Late.objects.count() == 0
    assert result_of(exam)["responses"][0][1:3] == (["b"], 1.0)


def test_another_answer_under_the_same_id_is_no_repetition():
    """A page drawn once and sent twice, changed in between (the back button): never "saved" for what is not."""
    exam = make_attempt()
    save(exam, letters="A")
    with pytest.raises(StaleSave) as refused:
        save(exam, letters="B")
    assert (refused.value.mine, refused.value.theirs, refused.value.revision) == (["B"], ["A"], 1)
    assert slot_of(exam).draft == ["a"]
    assert save(exam, letters="B", revision=1).revision == 2
    assert slot_of(exam).draft == ["b"]


def test_an_id_is_forgotten_after_many_more_saves_and_the_save_is_then_stale():
    exam = make_attempt()
    save(exam, letters="A")
    for n in range(attempts.SAVES_REMEMBERED):
        save(exam, letters="BC"[n % 2], revision=n + 1, save_id=f"later-{n}")
    with pytest.raises(StaleSave):
        save(exam, letters="A")
    assert len(slot_of(exam).save_ids) == attempts.SAVES_REMEMBERED


def test_the_same_id_in_two_places_is_two_saves():
    exam = make_attempt()
    save(exam, position=1, letters="A")
    save(exam, position=2, letters="B")
    assert [slot_of(exam, n).draft for n in (1, 2)] == [["a"], ["b"]]


# -- two tabs --------------------------------------------------------------------------------------------------------


def test_a_stale_save_is_refused_with_both_answers_and_nothing_is_lost():
    exam = make_attempt()
    save(exam, letters="A", save_id="tab-one", now=T0 + SECOND)
    with pytest.raises(StaleSave) as refused:
        save(exam, letters="D", save_id="tab-two", now=T0 + 2 * SECOND)
    stale = refused.value
    assert (stale.status, stale.code) == (409, "stale")
    assert (stale.mine, stale.theirs, stale.revision, stale.saved_at) == (["D"], ["A"], 1, T0 + SECOND)
    assert slot_of(exam).draft == ["a"]


def test_keeping_mine_is_one_press():
    exam = make_attempt()
    save(exam, letters="A", save_id="tab-one")
    with pytest.raises(StaleSave) as refused:
        save(exam, letters="D", save_id="tab-two")
    assert save(exam, letters="D", revision=refused.value.revision, save_id="tab-two-again").revision == 2
    assert slot_of(exam).draft == ["d"]


def test_two_tabs_with_the_same_answer_agree():
    exam = make_attempt()
    save(exam, letters="A", save_id="tab-one", now=T0 + SECOND)
    receipt = save(exam, letters="A", save_id="tab-two", now=T0 + MINUTE)
    assert (receipt.revision, receipt.saved_at, slot_of(exam).revision) == (1, T0 + SECOND, 1)


@pytest.mark.parametrize("revision", [1, 7, 10**6])
def test_a_revision_from_the_future_is_stale_as_well(revision):
    exam = make_attempt()
    with pytest.raises(StaleSave):
        save(exam, revision=revision)
    assert slot_of(exam).revision == 0


def test_an_order_of_arrival_cannot_bring_back_an_older_answer():
    """Three changes leave in order and arrive 3, 1, 2: only one that knew the latest state is taken."""
    exam = make_attempt()
    outcomes = []
    for letters, revision in (("C", 2), ("A", 0), ("B", 1)):
        try:
            outcomes.append(save(exam, letters=letters, revision=revision, save_id=f"save-{letters}").answer)
        except StaleSave:
            outcomes.append("stale")
    assert outcomes == ["stale", ["A"], ["B"]]


# -- late ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [END - TICK, END, END + TICK, LAST - TICK, LAST])
def test_up_to_the_end_of_the_grace_a_save_is_taken_and_graded(now):
    exam = make_attempt(slots=1)
    assert save(exam, letters="B", now=now).revision == 1
    attempts.close_expired(now=LAST + TICK)
    exam.refresh_from_db()
    assert (exam.right, exam.submitted_at, exam.finish_reason) == (1, END, "expired")


@pytest.mark.parametrize("closed", [False, True], ids=["nobody has closed it yet", "it is closed"])
def test_a_microsecond_later_it_is_kept_and_never_graded(closed):
    exam = make_attempt(slots=1)
    save(exam, letters="A")
    if closed:
        attempts.close_expired(now=LAST + TICK)
    with pytest.raises(LateAnswer, match="kept as late"):
        save(exam, letters="B", revision=1, save_id="too-late", now=LAST + TICK)
    kept = Late.objects.get()
    assert (kept.answer, kept.save_id, kept.arrived_at) == (["b"], "too-late", LAST + TICK)
    attempts.close_expired(now=LAST + MINUTE)
    assert slot_of(exam).draft == ["a"]
    assert result_of(exam)["responses"] == [(1, ["a"], 0.0, 0.0, END, 0)]


def test_a_late_answer_sent_twice_is_kept_once():
    exam = make_attempt()
    for seconds in (1, 2):
        with pytest.raises(LateAnswer):
            save(exam, letters="B", save_id="too-late", now=LAST + seconds * SECOND)
    assert Late.objects.get().arrived_at == LAST + SECOND


def test_an_answer_after_the_hand_in_is_kept_and_told_so():
    exam = make_attempt()
    hand_in(exam, now=T0 + MINUTE)
    with pytest.raises(AttemptClosed, match="handed in at 09:01:00 UTC"):
        save(exam, letters="B", now=T0 + 2 * MINUTE)
    assert Late.objects.get().answer == ["b"]
    assert result_of(exam)["responses"][0][1] == []


def test_a_late_answer_that_cannot_be_is_not_kept():
    exam = make_attempt()
    with pytest.raises(InvalidAnswer):
        save(exam, letters="ABCD", now=LAST + MINUTE)
    assert Late.objects.count() == 0


def test_without_a_clock_nothing_is_late():
    exam = make_attempt(minutes=None)
    receipt = save(exam, now=T0 + timedelta(days=9))
    assert receipt.remaining_s is None
    assert attempts.close_expired(now=T0 + timedelta(days=99)) == 0


# -- whose -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["save", "mark", "hand in", "answer"])
def test_a_stranger_finds_no_such_attempt(verb):
    exam, stranger = make_attempt(), make_learner()
    with pytest.raises(NotYours) as refused:
        {
            "save": lambda: save(exam, learner=stranger),
            "mark": lambda: attempts.mark_slot(learner=stranger, attempt=exam.pk, position=1, now=T0, flagged=True),
            "hand in": lambda: attempts.hand_in(learner=stranger, attempt=exam.pk, now=T0),
            "answer": lambda: attempts.submit_response(
                learner=stranger, attempt=exam.pk, position=1, letters=["A"], confidence="", spent_ms=0, now=T0
            ),
        }[verb]()
    assert refused.value.status == 404
    assert (slot_of(exam).revision, slot_of(exam).flagged, Late.objects.count()) == (0, False, 0)


def test_a_late_save_of_a_stranger_is_not_kept():
    exam = make_attempt()
    with pytest.raises(NotYours):
        save(exam, learner=make_learner(), now=LAST + MINUTE)
    assert Late.objects.count() == 0


def test_a_place_that_is_not_there():
    exam = make_attempt(slots=2)
    with pytest.raises(NotYours):
        save(exam, position=3)


def test_an_exam_gives_no_verdict_on_the_way():
    exam = make_attempt()
    with pytest.raises(Refusal, match="graded when you hand in"):
        attempts.submit_response(learner=exam.learner, attempt=exam.pk, position=1, letters=["B"], confidence="", spent_ms=0, now=T0)
    assert Response.objects.count() == 0


def test_a_practice_session_saves_no_drafts():
    session = make_attempt(mode="practice")
    with pytest.raises(Refusal, match="Check answer"):
        save(session)
    with pytest.raises(Refusal, match="Flags belong to exams"):
        attempts.mark_slot(learner=session.learner, attempt=session.pk, position=1, now=T0, flagged=True)


# -- flags and strikes -----------------------------------------------------------------------------------------------


def mark(exam, now=T0, **values):
    return attempts.mark_slot(learner=exam.learner, attempt=exam.pk, position=1, now=now, **values)


def test_a_flag_goes_up_and_down_and_touches_no_answer():
    exam = make_attempt()
    save(exam, letters="A")
    for flagged in (True, True, False):
        mark(exam, flagged=flagged)
        assert slot_of(exam).flagged is flagged
    assert (slot_of(exam).draft, slot_of(exam).revision) == (["a"], 1)


def test_strikes_are_turned_over_or_set_whole():
    exam = make_attempt()
    mark(exam, strike="C")
    mark(exam, strike="A")
    assert slot_of(exam).struck == ["a", "c"]
    mark(exam, strike="C")
    assert slot_of(exam).struck == ["a"]
    mark(exam, struck=["B", "D"])
    assert slot_of(exam).struck == ["b", "d"]
    mark(exam, struck=[])
    assert slot_of(exam).struck == []


@pytest.mark.parametrize("values", [{"strike": "H"}, {"struck": ["A", "?"]}])
def test_a_strike_of_what_is_not_there(values):
    exam = make_attempt()
    with pytest.raises(InvalidAnswer):
        mark(exam, **values)
    assert slot_of(exam).struck == []


def test_after_the_end_nothing_is_marked():
    exam = make_attempt()
    with pytest.raises(LateAnswer):
        mark(exam, now=LAST + TICK, flagged=True, spent_ms=99)
    hand_in(exam)
    with pytest.raises(AttemptClosed):
        mark(exam, now=T0 + 2 * MINUTE, strike="A")
    assert (slot_of(exam).flagged, slot_of(exam).struck, slot_of(exam).spent_ms) == (False, [], 0)


def test_seeing_a_place_counts_the_first_time():
    exam = make_attempt()
    slot = slot_of(exam)
    attempts.open_slot(slot=slot, now=T0 + SECOND)
    attempts.open_slot(slot=slot, now=T0 + MINUTE)
    attempts.open_slot(slot=slot_of(exam), now=T0 + MINUTE)
    assert slot_of(exam).seen_at == T0 + SECOND
    attempts.open_slot(slot=slot_of(exam, 2), now=LAST + TICK)
    assert slot_of(exam, 2).seen_at is None


# -- handing in ------------------------------------------------------------------------------------------------------


def test_what_was_saved_is_graded():
    exam = make_attempt(slots=4)
    save(exam, position=1, letters="B", save_id="save-p1", spent_ms=1500)
    save(exam, position=2, letters="A", save_id="save-p2")
    Slot.objects.filter(attempt=exam, position=4).update(is_scored=False)
    done = hand_in(exam, now=T0 + 5 * MINUTE)
    assert (done.attempt.finish_reason, done.attempt.submitted_at) == ("handed in", T0 + 5 * MINUTE)
    assert (done.attempt.right, done.attempt.scored) == (1, 3)
    assert done.attempt.scaled == round(100 + 620 * (1 / 3) / 0.72)
    assert result_of(exam)["responses"] == [
        (1, ["b"], 1.0, 1.0, T0 + 5 * MINUTE, 1500), (2, ["a"], 0.0, 0.0, T0 + 5 * MINUTE, 0),
        (3, [], 0.0, 0.0, T0 + 5 * MINUTE, 0), (4, [], 0.0, 0.0, T0 + 5 * MINUTE, 0),
    ]  # fmt: skip


def test_multiple_response_is_all_or_nothing_with_its_share_kept():
    exam = make_attempt(slots=3, item={"type": "multiple"})
    for position, letters in ((1, "AC"), (2, "A"), (3, "AB")):
        save(exam, position=position, letters=letters, save_id=f"save-p{position}")
    hand_in(exam)
    assert [row[2:4] for row in result_of(exam)["responses"]] == [(1.0, 1.0), (0.0, 0.5), (0.0, 0.0)]


def test_an_unscored_question_does_not_count_and_is_graded_all_the_same():
    exam = make_attempt(slots=2)
    Slot.objects.filter(attempt=exam, position=1).update(is_scored=False)
    save(exam, position=1, letters="B")
    done = hand_in(exam)
    assert (done.attempt.right, done.attempt.scored, done.attempt.scaled) == (0, 1, 100)
    assert result_of(exam)["responses"][0][2] == 1.0


def test_handing_in_twice_gives_the_same_result():
    exam = make_attempt()
    save(exam, letters="B")
    hand_in(exam, now=T0 + MINUTE)
    first = result_of(exam)
    again = hand_in(exam, now=T0 + 9 * MINUTE)
    assert result_of(exam) == first
    assert again.attempt.submitted_at == T0 + MINUTE
    hand_in(exam, now=LAST + MINUTE)
    attempts.close_expired(now=LAST + MINUTE)
    assert result_of(exam) == first
    assert Seen.objects.get().times == 1


def test_only_what_was_seen_is_remembered():
    exam = make_attempt(slots=3)
    attempts.open_slot(slot=slot_of(exam, 1), now=T0)
    save(exam, position=2, letters="B")
    hand_in(exam)
    seen = {row.question_id: row.last_fraction for row in Seen.objects.filter(learner=exam.learner)}
    assert seen == {slot_of(exam, 1).version.question_id: 0.0, slot_of(exam, 2).version.question_id: 1.0}


def test_in_the_grace_the_end_is_the_deadline():
    exam = make_attempt()
    done = hand_in(exam, now=LAST)
    assert (done.attempt.submitted_at, done.attempt.finish_reason) == (END, "handed in")


def test_after_the_grace_time_was_up():
    exam = make_attempt()
    done = hand_in(exam, now=LAST + TICK)
    assert (done.attempt.submitted_at, done.attempt.finish_reason) == (END, "expired")


# -- handing in with answers that still wait --------------------------------------------------------------------------


def waiting(position: int, letters: str, revision: int = 0, save_id: str | None = None) -> Waiting:
    return Waiting(position, list(letters), revision, save_id or f"waiting-{position}-{letters}")


def test_waiting_answers_are_taken_first():
    exam = make_attempt()
    save(exam, position=1, letters="A")
    done = hand_in(exam, waiting=[waiting(1, "B", revision=1), waiting(2, "B")])
    assert (done.taken, done.stale, done.late) == ([1, 2], [], [])
    assert done.attempt.right == 2


def test_several_changes_of_one_place_are_taken_in_order():
    exam = make_attempt(slots=1)
    done = hand_in(exam, waiting=[waiting(1, "A"), waiting(1, "C", revision=1), waiting(1, "B", revision=2)])
    assert done.attempt.right == 1


def test_a_stale_one_gives_way_is_named_and_kept():
    exam = make_attempt()
    save(exam, position=1, letters="B", save_id="other-tab")
    done = hand_in(exam, waiting=[waiting(1, "A"), waiting(2, "B")])
    assert (done.taken, done.stale, done.late) == ([2], [1], [])
    assert (done.attempt.right, slot_of(exam).draft) == (2, ["b"])
    assert Late.objects.get().answer == ["a"]


def test_late_ones_are_kept_and_named():
    exam = make_attempt()
    save(exam, position=1, letters="B")
    done = hand_in(exam, waiting=[waiting(1, "A", revision=1), waiting(2, "B")], now=LAST + TICK)
    assert (done.taken, done.stale, done.late) == ([], [], [1, 2])
    assert (done.attempt.right, done.attempt.finish_reason) == (1, "expired")
    assert [late.answer for late in Late.objects.all()] == [["a"], ["b"]]


def test_the_same_hand_in_sent_again_says_the_same():
    exam = make_attempt()
    sent = [waiting(1, "B"), waiting(2, "A")]
    first = hand_in(exam, waiting=sent)
    before = result_of(exam)
    again = hand_in(exam, waiting=sent, now=T0 + 2 * MINUTE)
    assert (again.taken, again.stale, again.late) == (first.taken, first.stale, first.late) == ([1, 2], [], [])
    assert result_of(exam) == before
    assert Late.objects.count() == 0


def test_one_that_cannot_be_does_not_hold_up_the_others():
    exam = make_attempt()
    done = hand_in(exam, waiting=[waiting(1, "AB"), waiting(99, "A"), waiting(2, "B")])
    assert (done.taken, done.stale, done.late) == ([2], [], [])
    assert done.attempt.right == 1


def test_a_hand_in_from_another_tab_keeps_what_this_one_held():
    exam = make_attempt()
    hand_in(exam)
    done = hand_in(exam, waiting=[waiting(1, "B")], now=T0 + 2 * MINUTE)
    assert (done.taken, done.late) == ([], [1])
    assert Late.objects.get().answer == ["b"]
    assert done.attempt.right == 0


# -- expiry ----------------------------------------------------------------------------------------------------------


def same_exam() -> Attempt:
    exam = make_attempt(slots=2)
    save(exam, position=1, letters="B", now=T0 + MINUTE)
    save(exam, position=2, letters="C", now=END)
    return exam


CLOSERS = {
    "the command": lambda exam: attempts.close_expired(now=LAST + TICK),
    "the command, days later": lambda exam: attempts.close_expired(now=LAST + timedelta(days=3)),
    "a read": lambda exam: attempts.close_if_expired(attempt=exam, now=LAST + MINUTE),
    "a hand-in": lambda exam: hand_in(exam, now=LAST + 2 * MINUTE),
    "a late save and a read": lambda exam: late_save_then_read(exam),
}


def late_save_then_read(exam: Attempt) -> None:
    with pytest.raises(LateAnswer):
        save(exam, position=2, letters="B", revision=1, save_id="late", now=LAST + SECOND)
    attempts.close_if_expired(attempt=Attempt.objects.get(pk=exam.pk), now=LAST + MINUTE)


@pytest.mark.parametrize("closer", CLOSERS)
def test_whoever_closes_it_the_result_is_the_same(closer):
    exam = same_exam()
    CLOSERS[closer](exam)
    found = result_of(exam)
    assert found["attempt"] == {"submitted_at": END, "finish_reason": "expired", "right": 1, "scored": 2, "scaled": 531}
    assert found["responses"] == [(1, ["b"], 1.0, 1.0, END, 0), (2, ["c"], 0.0, 0.0, END, 0)]


def test_closing_is_safe_to_repeat_and_counts_what_it_closed():
    exams = [same_exam(), same_exam()]
    running = make_attempt(minutes=90)
    make_attempt(minutes=None)
    assert attempts.close_expired(now=END + SECOND) == 0
    assert attempts.close_expired(now=LAST + TICK) == 2
    before = [result_of(exam) for exam in exams]
    assert attempts.close_expired(now=LAST + MINUTE) == 0
    assert [result_of(exam) for exam in exams] == before
    running.refresh_from_db()
    assert running.submitted_at is None


def test_an_attempt_that_somebody_else_closed_meanwhile_is_left_as_it_is():
    exam = same_exam()
    read_before = Attempt.objects.get(pk=exam.pk)
    attempts.close_expired(now=LAST + TICK)
    assert attempts.close_if_expired(attempt=read_before, now=LAST + MINUTE)
    assert (read_before.finish_reason, read_before.submitted_at, read_before.right) == ("expired", END, 1)
    assert Response.objects.filter(slot__attempt=exam).count() == 2


def test_before_its_time_nobody_closes_it():
    exam = make_attempt()
    assert attempts.close_if_expired(attempt=exam, now=LAST) is False
    assert Attempt.objects.get(pk=exam.pk).submitted_at is None


# -- accommodation ---------------------------------------------------------------------------------------------------


def accommodate(learner, *, time_factor="1", extra_minutes=0, untimed=False) -> int:
    return attempts.set_accommodation(learner=learner, time_factor=time_factor, extra_minutes=extra_minutes, untimed=untimed)


@pytest.mark.parametrize(
    ("values", "minutes"),
    [({"time_factor": "1.5"}, 45), ({"extra_minutes": 30}, 60), ({"time_factor": "2", "extra_minutes": 30}, 90), ({"untimed": True}, None)],
)
def test_a_running_exam_gets_its_new_time_at_once(values, minutes):
    exam = make_attempt()
    assert accommodate(exam.learner, **values) == 1
    exam.refresh_from_db()
    assert exam.deadline_at == (None if minutes is None else T0 + minutes * MINUTE)
    assert save(exam, now=LAST + MINUTE).revision == 1


def test_giving_the_same_time_again_changes_nothing():
    exam = make_attempt()
    accommodate(exam.learner, time_factor="2")
    assert accommodate(exam.learner, time_factor="2") == 0


def test_finished_exams_and_practice_keep_their_time():
    exam = make_attempt()
    hand_in(exam)
    practice = make_attempt(learner=exam.learner, mode="practice")
    assert accommodate(exam.learner, time_factor="2") == 0
    exam.refresh_from_db()
    practice.refresh_from_db()
    assert (exam.deadline_at, practice.deadline_at) == (END, None)


def test_time_taken_back_ends_at_the_earlier_deadline_with_all_that_was_acknowledged():
    exam = make_attempt(slots=1)
    accommodate(exam.learner, time_factor="2")
    save(exam, letters="B", now=T0 + 50 * MINUTE)
    accommodate(exam.learner)
    attempts.close_expired(now=T0 + 51 * MINUTE)
    exam.refresh_from_db()
    assert (exam.submitted_at, exam.finish_reason, exam.right) == (END, "expired", 1)


def test_an_exam_of_another_learner_keeps_its_time():
    one, other = make_attempt(), make_attempt()
    accommodate(one.learner, untimed=True)
    other.refresh_from_db()
    assert other.deadline_at == END
