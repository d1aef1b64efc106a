"""python -m bench.memory ANSWERS: replays that many answers of fifty learners twice, and says whether the cards are the same to the last bit.

Between the two, the cards are lost and the answers lie in another order. The same fold in plain Python, without a database, has to agree too.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import django

django.setup()

from django.db import transaction

from quizzes.domain.memory import Goal, Memory, day_number, due_day, learn, rate
from quizzes.models import Attempt, Card, Question, Response, Review, Slot, User
from quizzes.services import reviews

LEARNERS, START = 50, datetime(2026, 1, 5, 8, tzinfo=UTC)


@transaction.atomic
def answer(count: int, *, seed: int) -> None:
    """Answers as a year of practice leaves them, written past the verbs: those are timed elsewhere."""
    rng = random.Random(seed)
    questions = list(Question.objects.published().values_list("pk", "current_id", "option_count")[:400])
    learners = User.objects.bulk_create(User(username=f"replay-{n}") for n in range(LEARNERS))
    attempts = Attempt.objects.bulk_create(
        Attempt(learner=learner, mode="practice", seed=1, started_at=START, plan={}) for learner in learners
    )
    each = count // LEARNERS
    rows = [
        (attempt, position, *rng.choice(questions), START + timedelta(seconds=rng.randrange(365 * 86_400)))
        for attempt in attempts for position in range(1, each + 1)
    ]  # fmt: skip
    slots = Slot.objects.bulk_create(
        (Slot(attempt=a, position=p, version_id=version, option_order=list("abcd"), pick=1, selection="self_chosen", seen_at=at)
         for a, p, _, version, _, at in rows), batch_size=2_000,
    )  # fmt: skip
    responses = [
        Response(
            slot=slot, learner_id=attempt.learner_id, question_id=question, answer=["a"], fraction=float(rng.random() < 0.75), share=0.0,
            confidence=rng.choice(("sure", "unsure", "guess", "")), spent_ms=rng.choice((0, 2_000, 45_000)), selection="self_chosen", responded_at=at,
        )
        for slot, (attempt, _, question, _, _, at) in zip(slots, rows, strict=True)
    ]  # fmt: skip
    rng.shuffle(responses)
    Response.objects.bulk_create(responses, batch_size=2_000)


def digest() -> str:
    """Of every card and every entry of the log, to the last bit."""
    found = hashlib.sha256()
    cards = Card.objects.order_by("learner", "family").values_list(
        "learner", "family", "stability", "difficulty", "day", "due_day", "reps", "lapses", "rating", "last_at"
    )
    log = Review.objects.order_by("card__learner", "card__family", "number").values_list(
        "card__learner", "card__family", "number", "response", "rating", "stability_before", "stability", "difficulty", "due_day"
    )
    for row in (*cards.iterator(), *log.iterator()):
        found.update(repr([value.hex() if isinstance(value, float) else value for value in row]).encode())
    return found.hexdigest()


def by_hand() -> dict[tuple[int, str], tuple[float, float, int]]:
    """The same from the answers alone: a fold per learner and family."""
    rows = Response.objects.order_by("responded_at", "pk").values_list(
        "learner_id", "question__family", "fraction", "confidence", "spent_ms", "responded_at", "slot__version__body"
    )
    state: dict[tuple[int, str], Memory] = {}
    for learner, family, fraction, confidence, spent, at, body in rows.iterator():
        before = state.get((learner, family))
        words = sum(len(text.split()) for text in (body["stem"], *(option["text"] for option in body["options"])))
        rapid = 0 < spent < max(3_000, 0.15 * words / 240 * 60_000)
        after_miss = before is not None and before.rating == 1
        rating = rate(right=fraction >= 1, confidence=confidence, rapid=rapid, after_miss=after_miss)
        state[learner, family] = learn(before, rating, day=day_number(at))
    return {key: (m.stability, m.difficulty, due_day(m, Goal(), family=key[1])) for key, m in state.items()}


def main(count: int) -> None:
    answer(count, seed=7)
    began = time.monotonic()
    replayed = sum(answers for _, answers in reviews.rebuild(by="fsrs-6"))
    took, first = time.monotonic() - began, digest()
    Card.objects.all().delete()
    list(reviews.rebuild(by="fsrs-6"))
    cards: dict[tuple[int, str], tuple[float, float, int]] = defaultdict(tuple)  # type: ignore[arg-type]
    for learner, family, *values in Card.objects.values_list("learner", "family", "stability", "difficulty", "due_day"):
        cards[learner, family] = tuple(values)
    same = digest() == first and dict(cards) == by_hand()
    sys.stdout.write(json.dumps({"answers": replayed, "cards": len(cards), "seconds": round(took, 1), "same": same}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
