"""How a learner stands: the temperature of every topic, and what is due. Today, the plan and progress read it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache

from quizzes.domain.exam import DEFAULT_CUT
from quizzes.domain.mastery import RECENT_DAYS, Firsts, Temperature, rate, temperature
from quizzes.domain.memory import date_of, day_number, retrievability
from quizzes.models import Card, Response, User
from quizzes.models.attempts import FirstsOfTopic
from quizzes.models.reviews import CardsOfTopic, Counts, IdleCard, Stamp

#: What everybody's answers say of a topic moves slowly; it is read once in this time, and so is what rests on it.
COHORT_S = 60 * 60


@dataclass(frozen=True, slots=True)
class TopicHeat:
    """A topic as it stands. `recall` is the mean chance to recall its cards now, None without a card."""

    slug: str
    title: str
    heat: Temperature
    cards: int = 0
    recall: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`due` cards wait in all; `done_today` were reviewed today; `evidence` first answers were chosen by chance, the latest at `evidence_at`."""

    topics: list[TopicHeat] = field(default_factory=list)
    cards: int = 0
    due: int = 0
    done_today: int = 0
    answers: int = 0
    evidence: int = 0
    evidence_at: datetime | None = None

    def planned(self, daily: int) -> int:
        """How many of the due reviews are meant for today, at so many a day."""
        return min(self.due, max(0, daily - self.done_today))


@dataclass(frozen=True, slots=True)
class _Base:
    """What was read before and only grows: first answers up to a number, and the cards up to a number that nothing asks any more."""

    answers: int = 0
    known: int = 0
    firsts: dict[str, FirstsOfTopic] = field(default_factory=dict)
    cards: int = 0
    idle: tuple[IdleCard, ...] = ()


def standing(learner: User | None, *, now: datetime) -> Standing:
    """How this learner stands: one statement while nothing changed, otherwise five; and one more in an hour for everybody.

    The figures are kept under a stamp that every answer, every replay and every change of the bank renews, and under the day and the goal.
    """
    stamp, titles = Card.objects.all().stamp(learner.pk if learner else 0)
    if learner is None:
        return Standing([TopicHeat(slug, title, Temperature("cold", 0)) for slug, title in titles])
    today = day_number(now)
    key = f"standing-{learner.pk}-{today}-{learner.exam_on}-{learner.retention}-{settings.MEMORY_ALGORITHM}-{_text(stamp)}"
    known: Standing | None = cache.get(key)
    if known is None:
        known = _read(learner, [slug for slug, _ in titles], stamp, today=today)
        cache.set(key, known, COHORT_S)
    by_slug = {topic.slug: topic for topic in known.topics}
    return replace(known, topics=[replace(by_slug[slug], title=title) for slug, title in titles if slug in by_slug])


def _text(stamp: Stamp) -> str:
    return "-".join(str(number) for number in (stamp.answers, stamp.predictions, stamp.cards, *stamp.bank))


def _read(learner: User, topics: list[str], stamp: Stamp, *, today: int) -> Standing:
    base, counts = _base(learner, stamp, today=today)
    due, done = counts.due, counts.done
    cards = {row.topic: row for row in Card.objects.all().by_topic(learner.pk, today=today, algorithm=settings.MEMORY_ALGORITHM)}
    for idle in base.idle:
        of = cards[idle.topic]
        recall = retrievability(idle.stability, today - idle.day, algorithm=settings.MEMORY_ALGORITHM)
        cards[idle.topic] = replace(of, cards=of.cards - 1, recall=of.recall - recall)
        due, done = due - (idle.due_day <= today), done - (idle.day == today and idle.reps > 1)
    firsts = base.firsts
    counted = [_firsts(row).counted for row in firsts.values()]
    own = rate(right=sum(right for right, _ in counted), answers=sum(answers for _, answers in counted))
    cohort = cohort_rates()
    return Standing(
        [_topic(slug, firsts.get(slug), cards.get(slug), own=own, cohort=cohort.get(slug)) for slug in topics],
        cards=sum(row.cards for row in cards.values()), due=due, done_today=done, answers=sum(row.answers for row in firsts.values()),
        evidence=sum(row.evidence for row in firsts.values()),
        evidence_at=max((row.evidence_at for row in firsts.values() if row.evidence_at), default=None),
    )  # fmt: skip


def _base(learner: User, stamp: Stamp, *, today: int) -> tuple[_Base, Counts]:
    """What was read of this learner before today's stamp, brought up to it: only what was added since is read, not thousands of answers.

    It holds for a day, a goal and a bank. Where answers came in from elsewhere (a guest's, below the last number), or cards were written
    anew, all is read again.
    """
    key = f"standing-base-{learner.pk}-{today}-{learner.exam_on}-{learner.retention}-{'-'.join(str(number) for number in stamp.bank)}"
    base: _Base = cache.get(key) or _Base()
    counts = Card.objects.all().counts(learner.pk, today=today, answers=base.answers, last=stamp.answers)
    if counts.before != base.known:
        base = _Base()
        counts = Card.objects.all().counts(learner.pk, today=today, answers=0, last=stamp.answers)
    since = datetime.combine(date_of(today - RECENT_DAYS), datetime.min.time(), UTC)
    firsts = dict(base.firsts)
    for row in Response.objects.all().firsts_by_topic(learner.pk, since=since, after=base.answers):
        firsts[row.topic] = firsts[row.topic].plus(row) if row.topic in firsts else row
    idle = tuple(Card.objects.all().idle(learner.pk, after=base.cards, known=[card.number for card in base.idle]))
    base = _Base(stamp.answers, counts.before + counts.since, firsts, stamp.cards, idle)
    cache.set(key, base, COHORT_S)
    return base, counts


def _firsts(row: FirstsOfTopic) -> Firsts:
    return Firsts(row.recent, row.recent_right, row.answers, row.right)


def _topic(slug: str, firsts: FirstsOfTopic | None, cards: CardsOfTopic | None, *, own: float, cohort: tuple[int, int] | None) -> TopicHeat:
    """The prior is rounded to a hundredth, so that the quantiles of topics that did not change are known already."""
    right, answers = _firsts(firsts).counted if firsts else (0, 0)
    prior = round((own + rate(right=cohort[0], answers=cohort[1])) / 2 if cohort else own, 2)
    recall = cards.recall / cards.cards if cards and cards.cards else None
    heat = temperature(right=right, answers=answers, prior=prior, cut=DEFAULT_CUT, recall=recall)
    return TopicHeat(slug, "", heat, cards.cards if cards else 0, recall)


def cohort_rates() -> dict[str, tuple[int, int]]:
    """First answers of everybody by topic: right, and how many. Read once in an hour."""
    known: dict[str, tuple[int, int]] | None = cache.get("cohort-rates")
    if known is None:
        known = Response.objects.all().rates_by_topic()
        cache.set("cohort-rates", known, COHORT_S)
    return known
