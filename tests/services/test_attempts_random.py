"""Random sittings against a plain model: what was acknowledged in time is what is graded, and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizzes.domain.attempt import GRACE_S
from quizzes.domain.errors import AttemptClosed, LateAnswer
from quizzes.models import Attempt, Response
from quizzes.models import LateAnswer as Late
from quizzes.services import attempts
from quizzes.services.attempts import StaleSave, Waiting
from tests.factories import T0, make_attempt

pytestmark = pytest.mark.django_db

END = T0 + timedelta(minutes=30)
PLACES, TABS = (1, 2), (0, 1)


@dataclass
class Model:
    """What a perfectly careful clerk would have on paper."""

    answers: dict[int, str] = field(default_factory=lambda: dict.fromkeys(PLACES, ""))
    revisions: dict[int, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))
    receipts: dict[tuple[int, str], tuple[str, int]] = field(default_factory=dict)  # place and save id: answer and revision
    kept_late: set[tuple[int, str]] = field(default_factory=set)
    closed_at: datetime | None = None

    def expected(self, place: int, letters: str, revision: int, save_id: str, now: datetime) -> str:
        """What the server has to say to this save."""
        if self.receipts.get((place, save_id), ("-",))[0] == letters:
            return "again"
        if now > END + timedelta(seconds=GRACE_S):
            return "late"
        if self.closed_at:
            return "closed"
        if revision != self.revisions[place]:
            return "same" if letters == self.answers[place] else "stale"
        return "saved"

    def note(self, verdict: str, place: int, letters: str, save_id: str) -> None:
        if verdict == "saved":
            self.answers[place] = letters
            self.revisions[place] += 1
            self.receipts[place, save_id] = (letters, self.revisions[place])
        elif verdict in ("late", "closed"):
            self.kept_late.add((place, save_id))


#: What happens, how often; and all that one of these may need: the tab, the place, the answer, whether the id is the tab's last one,
#: how long, and what waits when an exam is handed in.
KINDS = ["save"] * 8 + ["look"] * 2 + ["wait"] * 2 + ["hand in", "close"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.sampled_from(TABS), st.sampled_from(PLACES), st.sampled_from(["A", "B", "C", ""]), st.booleans(),
        st.sampled_from([1, 60, 600, 1795, 1805, 1806]), st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["A", "B"])), max_size=3),
    ), min_size=8, max_size=25,
)  # fmt: skip


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_what_was_acknowledged_in_time_is_what_is_graded(steps):
    with transaction.atomic():
        play(steps)
        transaction.set_rollback(True)


def play(steps) -> None:
    exam = make_attempt(slots=len(PLACES))
    model, now = Model(), T0
    known = {(tab, place): 0 for tab in TABS for place in PLACES}  # the revision that each tab has seen
    last_id: dict[tuple[int, int], str] = {}

    def close_on_paper(at: datetime) -> None:
        if model.closed_at is None:
            model.closed_at = min(at, END)

    def save(tab: int, place: int, letters: str, save_id: str) -> None:
        verdict = model.expected(place, letters, known[tab, place], save_id, now)
        where = {"learner": exam.learner, "attempt": exam.pk, "position": place, "letters": list(letters), "save_id": save_id, "now": now}
        revision = known[tab, place]
        if verdict in ("saved", "same", "again"):
            receipt = attempts.save_draft(**where, revision=revision)
            assert "".join(receipt.answer) == letters
            model.note(verdict, place, letters, save_id)
            assert receipt.revision == (model.receipts[place, save_id][1] if verdict != "same" else model.revisions[place])
            known[tab, place] = receipt.revision
        elif verdict == "stale":
            with pytest.raises(StaleSave) as refused:
                attempts.save_draft(**where, revision=revision)
            assert ("".join(refused.value.theirs), refused.value.revision) == (model.answers[place], model.revisions[place])
        else:
            with pytest.raises(LateAnswer if verdict == "late" else AttemptClosed):
                attempts.save_draft(**where, revision=revision)
            model.note(verdict, place, letters, save_id)

    for n, (kind, tab, place, letters, resend, seconds, pairs) in enumerate(steps):
        match kind:
            case "save":
                save_id = last_id.get((tab, place), f"id-{n}") if resend else f"id-{n}"
                last_id[tab, place] = save_id
                save(tab, place, letters, save_id)
            case "look":
                known.update({(tab, place): model.revisions[place] for place in PLACES})
            case "wait":
                now = now + timedelta(seconds=seconds)
            case "close":
                attempts.close_expired(now=now)
                if now > END + timedelta(seconds=GRACE_S):
                    close_on_paper(now)
            case "hand in":
                waiting, taken, stale, late = [], [], [], []
                revisions = {place: known[tab, place] for place in PLACES}
                for m, (place, letters) in enumerate(pairs):
                    save_id = f"waiting-{n}-{m}"
                    waiting.append(Waiting(place, list(letters), revisions[place], save_id))
                    verdict = model.expected(place, letters, revisions[place], save_id, now)
                    {"saved": taken, "same": taken, "stale": stale}.get(verdict, late).append(place)
                    if verdict == "stale":
                        model.kept_late.add((place, save_id))
                    model.note(verdict, place, letters, save_id)
                    revisions[place] += 1
                done = attempts.hand_in(learner=exam.learner, attempt=exam.pk, waiting=waiting, now=now)
                close_on_paper(now)
                assert (done.taken, done.stale, done.late) == (taken, stale, late)

    attempts.close_expired(now=T0 + timedelta(days=1))
    close_on_paper(T0 + timedelta(days=1))
    exam = Attempt.objects.get(pk=exam.pk)
    assert exam.submitted_at == model.closed_at
    graded = {r.slot.position: "".join(r.answer).upper() for r in Response.objects.filter(slot__attempt=exam).select_related("slot")}
    assert graded == model.answers
    assert exam.right == sum(answer == "B" for answer in model.answers.values())
    assert {(late.slot.position, late.save_id) for late in Late.objects.select_related("slot")} == model.kept_late
