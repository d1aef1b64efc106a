"""What the desk shows of the workflow: what needs attention, how a question stands in review, what was done to several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.utils import timezone

from quizzes.domain import quality
from quizzes.domain.pilots import ENOUGH, LEAST, Proposal, proposal
from quizzes.domain.statistics import Kind
from quizzes.domain.statistics.flags import MOODLE
from quizzes.domain.statistics.report import item_from_dict
from quizzes.domain.tables import Column, Row, Table, cell, moment
from quizzes.domain.workflow import Standing, Step, refusal
from quizzes.models import BulkChange, BulkRow, Card, Comment, ItemStatistics, Question, Report, Slot, Tag, User
from quizzes.models.sources import outdated_questions

#: A draft that nobody touched for so many days is forgotten rather than grown.
LEFT_ALONE_DAYS = 30
#: One learner who forgets a question again and again says something about the learner; so many say something about the question.
FORGOTTEN_BY = 3
#: More stems than this are not compared while somebody waits for a page.
MOST_STEMS = 1000
#: So many pairs of nearly the same stem are told; more would not be read.
MOST_PAIRS = 100

CHANGELIST = "/admin/quizzes/question/"


_IN_USE = ~Q(state=Question.State.RETIRED)
#: The questions whose stems are compared.
_STEMS = _IN_USE & Q(generator="")
#: The matters that are found by reading, not by counting.
_FOUND = {"alike", "pilots"}


# -- what needs attention --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matter:
    """One reason to look at questions: what it is called, how many there are, why it matters, where they stand. `mine` waits for this very person."""

    kind: str
    title: str
    count: int
    why: str
    url: str
    mine: bool


def _waiting(user: User, now: datetime) -> Q:
    return _IN_USE & Q(review=Question.Review.ASKED) & ~Q(written_by=user.pk) & ~Q(written_by=None, asked_by=user.pk)


def _returned(user: User, now: datetime) -> Q:
    return _IN_USE & Q(review=Question.Review.RETURNED) & (Q(written_by=user.pk) | Q(asked_by=user.pk))


def _approved(user: User, now: datetime) -> Q:
    return _IN_USE & Q(review=Question.Review.APPROVED)


def _reported(user: User, now: datetime) -> Q:
    return Q(Exists(Report.objects.filter(version__question=OuterRef("pk"), state=Report.State.OPEN)))


def _flagged(user: User, now: datetime) -> Q:
    ours = Q()
    for kind in Kind:
        if kind not in MOODLE:
            ours |= Q(flags__contains=f"{kind.value}=confirmed")
    later = ItemStatistics.objects.filter(version=OuterRef("version"), computed_on__gt=OuterRef("computed_on"))
    latest = ItemStatistics.objects.filter(ours, ~Exists(later), version=OuterRef("current"))
    return Q(Exists(latest), state=Question.State.PUBLISHED)


def _outdated(user: User, now: datetime) -> Q:
    return Q(pk__in=outdated_questions().order_by().values("pk"))


def _forgotten(user: User, now: datetime) -> Q:
    by_family = Card.objects.leeches().order_by().values("family").annotate(people=Count("pk")).filter(people__gte=FORGOTTEN_BY)
    return Q(family__in=by_family.values("family"), state=Question.State.PUBLISHED)


def _left_alone(user: User, now: datetime) -> Q:
    return Q(state=Question.State.DRAFT, review=Question.Review.NONE, changed_at__lt=now - timedelta(days=LEFT_ALONE_DAYS))


def _alike(user: User, now: datetime) -> Q:
    counts = Question.objects.filter(_STEMS).aggregate(stems=Count("pk"), changed=Max("changed_at"))
    return Q(pk__in={pk for pair in alike(counts["stems"], counts["changed"]) for pk in pair})


def _ready(user: User, now: datetime) -> Q:
    return Q(pk__in=ready_pilots())


@dataclass(frozen=True, slots=True)
class _Watch:
    """A kind of matter: its words and its condition. Those that are `mine` wait for one person and come first."""

    title: str
    why: str
    condition: Callable[[User, datetime], Q]
    mine: bool = False


WATCHES = {
    "review": _Watch("In review, waiting for you", "Another instructor wrote it and wants a second pair of eyes.", _waiting, mine=True),
    "returned": _Watch("Sent back to you", "A reviewer said what is to mend; their comment stands on the question’s page.", _returned, mine=True),
    "approved": _Watch("Approved, not published yet", "Nothing but Publish is missing.", _approved),
    "reports": _Watch("Open reports", "Learners wrote that something is wrong or unclear, and wait for an answer.", _reported),
    "flags": _Watch("Figures speak against them", "Answers in exams say so, and chance alone hardly explains it.", _flagged),
    "sources": _Watch("Sources that changed", "The page that proves the key changed after the question was checked.", _outdated),
    "forgotten": _Watch("Often forgotten", f"At least {FORGOTTEN_BY} learners forgot them five times or more: unclear, or not taught well.", _forgotten),
    "alike": _Watch("Nearly the same stem", "Two questions of different families ask the same. Change one, or give both one family.", _alike),
    "pilots": _Watch("Pilots ready to count", "Their figures allow exams to count them; you decide.", _ready),
    "drafts": _Watch("Drafts left alone", f"Nobody touched them for {LEFT_ALONE_DAYS} days. Finish them, or delete them.", _left_alone),
}  # fmt: skip


def needing(kind: str, *, user: User, now: datetime) -> Q:
    """The condition on questions behind a kind of WATCHES."""
    return WATCHES[kind].condition(user, now)


def matters(*, user: User, now: datetime) -> list[Matter]:
    """Every reason to look at questions, what waits for this person first: two statements, whatever there is (three when a stem changed)."""
    asked = {f"of_{kind}": Count("pk", filter=watch.condition(user, now)) for kind, watch in WATCHES.items() if kind not in _FOUND}
    counts = Question.objects.aggregate(**asked, stems=Count("pk", filter=_STEMS), changed=Max("changed_at", filter=_STEMS))
    pairs = alike(counts["stems"], counts["changed"])
    counts |= {"of_alike": len({pk for pair in pairs for pk in pair}), "of_pilots": len(ready_pilots())}
    return [
        Matter(kind, watch.title, counts[f"of_{kind}"], watch.why, f"{CHANGELIST}?{urlencode({'attention': kind})}", watch.mine)
        for kind, watch in WATCHES.items()
    ]


def in_order(found: list[Matter], sort: str) -> list[Matter]:
    """Sorted by "count" or "title", with - before it the other way round; otherwise as they come."""
    keys: dict[str, Callable[[Matter], int | str]] = {"count": lambda matter: matter.count, "title": lambda matter: matter.title}
    key = keys.get(sort.removeprefix("-"))
    return sorted(found, key=key, reverse=sort.startswith("-")) if key else found


def alike(count: int, changed: datetime | None) -> list[tuple[int, int]]:
    """Pairs of questions in use whose stems are nearly the same and whose families are not.

    `count` stems were last changed at `changed`: they are compared anew only when either is another. Nothing beyond 1,000 stems;
    `manage.py lint_bank` compares as many as there are.
    """
    key = f"alike-{count}-{changed.timestamp() if changed else 0}"
    known: list[tuple[int, int]] | None = cache.get(key)
    if known is None:
        known = _compared(Question.objects.filter(_STEMS).values_list("pk", "family", "stem")) if count <= MOST_STEMS else []
        cache.set(key, known, 24 * 60 * 60)
    return known


def _compared(rows: Iterable[tuple[int, str, str]]) -> list[tuple[int, int]]:
    found = [(str(pk), family, stem) for pk, family, stem in rows]
    families = {pk: family for pk, family, _ in found}
    pairs = quality.duplicate_pairs({pk: stem for pk, _, stem in found if stem})
    return [(int(one), int(other)) for one, other, _ in pairs if families[one] != families[other]][:MOST_PAIRS]


def ready_pilots() -> list[int]:
    """Published pilots whose figures allow exams to count them: one statement."""
    latest = ItemStatistics.objects.filter(version=OuterRef("version")).order_by("-computed_on").values("pk")[:1]
    rows = ItemStatistics.objects.filter(
        pk=Subquery(latest), n__gte=ENOUGH, discrimination__gte=LEAST,
        version__current_of__is_pilot=True, version__current_of__state=Question.State.PUBLISHED,
    )  # fmt: skip
    found = rows.values_list("version__current_of__pk", "version__current_of__pilot_kept_at", "figures").order_by()
    return [pk for pk, kept_at, figures in found if proposal(item_from_dict(figures), kept_at=kept_at).verdict == "promote"]


# -- a question ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, or a step with its comment."""

    who: str
    did: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Pilot:
    """A pilot with what the desk proposes."""

    proposal: Proposal
    kept_at: int


@dataclass(frozen=True, slots=True)
class ReviewPanel:
    """How the working copy stands: who wrote, asked and looked; what was said; which steps this person may take. `wording` is its checksum."""

    stage: str
    author: str
    written_by: str
    asked_by: str
    asked_at: datetime | None
    reviewed_by: str
    comments: list[Said]
    may: frozenset[str]
    why_not_publish: str
    wording: str
    pilot: Pilot | None


def review_panel(question: Question, standing: Standing, *, user: User, required: bool) -> ReviewPanel:
    """Three statements, with a pilot four."""
    said = Comment.objects.filter(question=question).select_related("person")
    people = User.objects.in_bulk(
        {pk for pk in (question.author_id, question.written_by_id, question.asked_by_id, question.reviewed_by_id) if pk}
    )
    names = {pk: person.display_name for pk, person in people.items()}
    judged = question.review in (Question.Review.APPROVED, Question.Review.RETURNED)
    return ReviewPanel(
        stage=question.stage, author=names.get(question.author_id, ""), written_by=names.get(question.written_by_id, ""),
        asked_by=names.get(question.asked_by_id, "") if question.review else "", asked_at=question.asked_at if question.review else None,
        reviewed_by=names.get(question.reviewed_by_id, "") if judged else "",
        comments=[
            Said(row.person.display_name if row.person else "Somebody who left", row.get_kind_display(), row.at, row.text) for row in said
        ],
        may=frozenset(step.name.lower() for step in Step if not refusal(step, standing, by=user.pk)),
        why_not_publish=refusal(Step.PUBLISH, standing, by=user.pk, required=required),
        wording=standing.wording, pilot=_pilot(question) if question.is_pilot and question.current_id else None,
    )  # fmt: skip


def _pilot(question: Question) -> Pilot:
    row = ItemStatistics.objects.filter(version=question.current_id).order_by("-computed_on").first()
    figures = item_from_dict(row.figures) if row else None
    return Pilot(proposal(figures, kept_at=question.pilot_kept_at), question.pilot_kept_at)


def tag_names(question: Question | None = None) -> list[str]:
    """The tags of a question, or all there are."""
    rows = Tag.objects.filter(question=question) if question else Tag.objects.all()
    return list(rows.order_by("name").values_list("name", flat=True).distinct())


# -- several at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BulkLine:
    """Something that was done to several questions."""

    pk: int
    what: str
    at: datetime
    by: str
    questions: int
    undone: bool


@dataclass(frozen=True, slots=True)
class BulkPage:
    """One of them with its questions: id, name, before, after."""

    line: BulkLine
    undone_by: str
    undone_at: datetime | None
    rows: list[tuple[int, str, str, str]]


def running_with(question: Question) -> int:
    """How many sittings that go on hold a question."""
    return Slot.objects.filter(version__question=question, attempt__submitted_at=None).values("attempt").distinct().count()


def bulk_lines(question: Question | None = None, *, limit: int = 50) -> list[BulkLine]:
    """What was done to several at once, the latest first: to any, or to this one among them. One statement."""
    rows = BulkChange.objects.select_related("by").annotate(questions=Count("rows"))
    if question:
        rows = rows.filter(Exists(BulkRow.objects.filter(change=OuterRef("pk"), question=question)))
    return [_line(row, row.questions) for row in rows[:limit]]


def bulk_table() -> Table:
    """The same of the last thousand, as a table."""
    lines = bulk_lines(limit=1_000)
    columns = (
        Column("what", "What"),
        Column("at", "When"),
        Column("by", "Who"),
        Column("questions", "Questions", True),
        Column("state", "State"),
    )
    rows = tuple(
        Row(
            (
                cell(line.what, url=f"/admin/quizzes/question/bulk/{line.pk}/"), moment(timezone.localtime(line.at)), cell(line.by or None), cell(line.questions),
                cell("undone" if line.undone else "done"),
            ),
            f"{line.what} {line.by}", "undone" if line.undone else "done",
        )
        for line in lines
    )  # fmt: skip
    return Table("Done to several at once", columns, rows, (("done", "Done"), ("undone", "Undone")))


def _line(row: BulkChange, questions: int) -> BulkLine:
    return BulkLine(row.pk, str(row), row.at, row.by.display_name if row.by else "", questions, row.undone_at is not None)


def bulk_page(change: BulkChange) -> BulkPage:
    """Two statements."""
    row = BulkChange.objects.select_related("by", "undone_by").get(pk=change.pk)
    rows = list(row.rows.values_list("question_id", "question__slug", "before", "after"))
    return BulkPage(_line(row, len(rows)), row.undone_by.display_name if row.undone_by else "", row.undone_at, rows)
