"""The verbs of import and export: look at a file, take questions out of it as drafts, write questions into one."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from quizzes.domain import exchange, items
from quizzes.domain.errors import Refusal
from quizzes.domain.exchange import FORMATS, Draft, Note, Parsed, Written
from quizzes.domain.items import Item
from quizzes.domain.mending import as_it_holds, ruling, same_options
from quizzes.domain.pictures import without
from quizzes.models import (
    Domain,
    DraftOption,
    DraftSource,
    ImportedQuestion,
    ImportRun,
    KeyMending,
    Objective,
    Question,
    QuestionVersion,
    SourcePage,
    User,
)
from quizzes.models.mendings import Held
from quizzes.services import bank, pictures

#: SQLite takes no statement with too many values.
BATCH = 400


class NothingToImport(Refusal):
    """Nothing of what was chosen can be taken."""

    status = 422
    code = "nothing"


@dataclass(frozen=True, slots=True)
class Planned:
    """One question of a file, and what importing it would do. `number` counts from 1; `slug` is the name it gets, or has here already."""

    number: int
    parsed: Parsed
    #: new, here (it is in the bank already), twice (it stood in this file before), skipped or broken.
    state: str
    slug: str = ""
    question: int | None = None
    item: Item | None = None
    checksum: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.state == "new"


@dataclass(frozen=True, slots=True)
class Homes:
    """Where questions go that name no objective or no domain of ours."""

    objective: str
    domain: str


def first_homes(objective: str = "", domain: str = "") -> Homes:
    """The objective and domain named, or the first ones. Raises Refusal where there is none."""
    objectives, domains = Objective.objects.order_by("topic__position", "position"), Domain.objects.order_by("position")
    found = (objectives.filter(pk=objective) if objective else objectives).values_list("pk", flat=True).first()
    if found is None:
        raise Refusal(
            f"There is no objective {objective!r}." if objective else "There are no objectives yet. Run manage.py sync_content first."
        )
    home = (domains.filter(pk=domain) if domain else domains).values_list("pk", flat=True).first()
    if home is None:
        raise Refusal(
            f"There is no exam domain {domain!r}." if domain else "There are no exam domains yet. Run manage.py sync_content first."
        )
    return Homes(found, home)


# -- looking ---------------------------------------------------------------------------------------------------------


def plan(*, data: bytes, format: str, homes: Homes) -> list[Planned]:
    """What importing a file would do, question by question; nothing is changed. Raises Unreadable and WrongEncoding."""
    found = exchange.read(format, data)
    objectives = dict(Objective.objects.order_by("position").values_list("pk", "topic_id"))
    domains = set(Domain.objects.values_list("pk", flat=True))
    here = pictures.known({address for parsed in found if parsed.draft for address in parsed.draft.mentioned})
    sound = [_with_pictures(parsed, here) for parsed in found]
    placed = [_placed(number, parsed, homes, objectives, domains) for number, parsed in enumerate(sound, start=1)]
    return _known(placed)


def _with_pictures(parsed: Parsed, here: set[str]) -> Parsed:
    """The question without pictures that neither came with the file nor are here; their words stay."""
    if parsed.draft is None:
        return parsed
    gone = set(parsed.draft.mentioned) - here - {picture.address for picture in parsed.draft.pictures}
    if not gone:
        return parsed
    count = "A picture is" if len(gone) == 1 else f"{len(gone)} pictures are"
    note = Note(parsed.line, f"{count} mentioned that did not come with the file and that this app does not have. The words beside stay.")
    draft = parsed.draft.reworded(lambda text: without(text, lambda address: address in gone))
    return replace(parsed, draft=draft, notes=(*parsed.notes, note))


def _placed(number: int, parsed: Parsed, homes: Homes, objectives: dict[str, str], domains: set[str]) -> Planned:
    """A question with an objective and a domain of ours."""
    if parsed.draft is None:
        return Planned(number, parsed, parsed.outcome, notes=parsed.notes)
    draft, notes = parsed.draft, list(parsed.notes)
    labels = [slugify(label) for label in draft.labels]
    objective = draft.item.objective if draft.item.objective in objectives else _by_label(labels, objectives)
    domain = draft.item.domain if draft.item.domain in domains else next((label for label in labels if label in domains), "")
    if not objective:
        said = f"The objective “{draft.item.objective}” is not known here" if draft.item.objective else "It names no objective"
        notes.append(Note(parsed.line, f"{said}; it goes under {homes.objective}."))
    if not domain:
        said = f"The exam domain “{draft.item.domain}” is not known here" if draft.item.domain else "It names no exam domain"
        notes.append(Note(parsed.line, f"{said}; it goes under {homes.domain}."))
    chosen = objective or homes.objective
    item = items.from_dict(
        items.as_dict(draft.item)
        | {
            "objective": chosen, "topic": objectives[chosen], "domain": domain or homes.domain,
            "level": draft.item.level or Question.Level.APPLY, "difficulty": draft.item.difficulty or 2,
        }
    )  # fmt: skip
    return Planned(number, parsed, "new", item=item, checksum=content_checksum(draft), notes=tuple(notes))


def _by_label(labels: Sequence[str], objectives: dict[str, str]) -> str:
    """The objective that a tag or category names, or the first one of the topic that it names."""
    for label in reversed(labels):
        if label in objectives:
            return label
        if first := next((key for key, topic in objectives.items() if topic == label), ""):
            return first
    return ""


def content_checksum(draft: Draft) -> str:
    """What makes two questions the same: type, words and key. What a file says of level or sources may differ."""
    item = draft.item
    said = [item.type, item.stem, item.unit, item.tolerance, sorted(item.targets_extra)]
    rows = [[option.text, option.key, option.match] for option in item.options]
    text = json.dumps([said, rows if item.type == "ordering" else sorted(rows)])
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def _known(placed: list[Planned]) -> list[Planned]:
    """The same with what is here already, and with a free name for what is new."""
    sums = {planned.checksum for planned in placed if planned.is_new}
    here = {checksum: (slug, pk) for checksum, slug, pk in _imported(sums)}
    stems = {planned.item.stem for planned in placed if planned.item}
    for question in _alike(stems):
        here.setdefault(content_checksum(Draft(bank.draft_item(question))), (question.slug, question.pk))
    taken = set(Question.objects.values_list("slug", flat=True))
    seen: dict[str, str] = {}
    result = []
    for planned in placed:
        if not planned.is_new or planned.item is None or planned.parsed.draft is None:
            result.append(planned)
        elif planned.checksum in here:
            slug, pk = here[planned.checksum]
            result.append(replace(planned, state="here", slug=slug, question=pk))
        elif planned.checksum in seen:
            result.append(replace(planned, state="twice", slug=seen[planned.checksum]))
        else:
            result.append(_named(planned, planned.parsed.draft, planned.item, taken))
            seen[planned.checksum] = result[-1].slug
    return result


def _imported(sums: Collection[str]) -> Iterable[tuple[str, str, int]]:
    for part in _parts(sums):
        yield from ImportedQuestion.objects.filter(checksum__in=part).values_list("checksum", "question__slug", "question_id")


def _alike(stems: Collection[str]) -> Iterable[Question]:
    for part in _parts(stems):
        yield from Question.objects.filter(stem__in=part).prefetch_related("draft_options", "draft_sources")


def _parts(values: Collection[str]) -> Iterable[list[str]]:
    listed = sorted(values)
    return (listed[n : n + BATCH] for n in range(0, len(listed), BATCH))


def _named(planned: Planned, draft: Draft, item: Item, taken: set[str]) -> Planned:
    base = draft.slug or slugify(" ".join(re.sub(r"[`*_\\]", "", item.stem).split()[:8]))[:80].strip("-") or "draft"
    slug, n = base, 2
    while slug in taken:
        slug = f"{base[:90]}-{n}"
        n += 1
    taken.add(slug)
    notes = planned.notes
    if draft.slug and slug != draft.slug:
        notes = (*notes, Note(planned.parsed.line, f"The name {draft.slug} is taken by another question; this one is called {slug}."))
    return replace(planned, slug=slug, notes=notes)


# -- taking ----------------------------------------------------------------------------------------------------------


def start_import(*, data: bytes, format: str, file_name: str, homes: Homes, by: User, now: datetime) -> ImportRun:
    """Keep an uploaded file until its questions are chosen. Raises Unreadable and WrongEncoding for one that cannot be read at all.

    Earlier files of the same person are let go; what was imported from them keeps its origin.
    """
    exchange.read(format, data)
    pictures.tidy_pictures(now=now)
    with transaction.atomic():
        earlier = ImportRun.objects.filter(Q(by=by) | Q(by=None))  # also of those who left
        earlier.filter(questions__isnull=True).delete()
        earlier.filter(data__isnull=False).update(data=None)
        return _new_run(data, format, file_name, homes, by, now, keep=True)


def _new_run(data: bytes, format: str, file_name: str, homes: Homes, by: User | None, now: datetime, *, keep: bool) -> ImportRun:
    return ImportRun.objects.create(
        file_name=file_name[-200:], format=format, checksum=hashlib.sha256(data).hexdigest(), data=data if keep else None,
        objective_id=homes.objective, domain_id=homes.domain, by=by, created_at=now,
    )  # fmt: skip


@transaction.atomic
def import_chosen(*, run: ImportRun, numbers: Collection[int] | None, by: User | None, now: datetime, seed: int) -> list[Planned]:
    """Take questions of a kept file as drafts: those with these numbers, or all that are new. All of them or, at a fault, none.

    Raises NothingToImport where none of them is new.
    """
    run = ImportRun.objects.select_for_update().get(pk=run.pk)
    if run.data is None:
        raise NothingToImport("The file is not kept any more. Upload it again; what is here already is not taken twice.")
    planned = plan(data=bytes(run.data), format=run.format, homes=Homes(run.objective_id, run.domain_id))
    chosen = [one for one in planned if one.is_new and (numbers is None or one.number in numbers)]
    if not chosen:
        raise NothingToImport("None of the chosen questions is new. Nothing was imported; choose others.")
    _create(run, chosen, by=by, now=now, seed=seed)
    return chosen


@transaction.atomic
def import_file(
    *, data: bytes, format: str, file_name: str, homes: Homes, now: datetime, seed: int, skip_broken: bool = False
) -> tuple[list[Planned], int]:
    """Take all new questions of a file as drafts, and say how many; where one is broken, none, unless `skip_broken`."""
    planned = plan(data=data, format=format, homes=homes)
    chosen = [one for one in planned if one.is_new]
    if not chosen or (not skip_broken and any(one.state == "broken" for one in planned)):
        return planned, 0
    run = _new_run(data, format, file_name, homes, None, now, keep=False)
    _create(run, chosen, by=None, now=now, seed=seed)
    return planned, len(chosen)


def _create(run: ImportRun, chosen: list[Planned], *, by: User | None, now: datetime, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 (spreads draws, guards nothing)
    pictures.keep_pictures(found=(shown for one in chosen if one.parsed.draft for shown in one.parsed.draft.pictures), now=now)
    pairs = [(one, one.item, one.parsed.draft) for one in chosen if one.item is not None and one.parsed.draft is not None]
    rows = Question.objects.bulk_create(
        [
            Question(
                slug=one.slug, family=draft.family or one.slug, state=Question.State.DRAFT, type=item.type, stem=item.stem, objective_id=item.objective,
                topic_id=item.topic, domain_id=item.domain, level=item.level, difficulty=item.difficulty, lesson=item.lesson, facts=list(item.facts),
                targets_extra=list(item.targets_extra), unit=item.unit, tolerance=item.tolerance, draw_key=rng.random(), author=by, created_at=now,
                changed_at=now,
            )
            for one, item, draft in pairs
        ],
        batch_size=40,
    )  # fmt: skip
    DraftOption.objects.bulk_create(
        [
            DraftOption(question=row, position=n, text=option.text, key=option.key, match=option.match, why=option.why)
            for row, (_, item, _) in zip(rows, pairs, strict=True)
            for n, option in enumerate(item.options)
        ],
        batch_size=150,
    )
    cited = [(row, source) for row, (_, item, _) in zip(rows, pairs, strict=True) for source in item.sources]
    DraftSource.objects.bulk_create(
        [DraftSource(question=row, title=source.title, url=source.url, checked=source.checked) for row, source in cited], batch_size=150
    )
    SourcePage.objects.remember((source.url, source.title) for _, source in cited)
    ImportedQuestion.objects.bulk_create(
        [
            ImportedQuestion(question=row, run=run, line=one.parsed.line, place=one.parsed.place[-300:], checksum=one.checksum)
            for row, (one, _, _) in zip(rows, pairs, strict=True)
        ],
        batch_size=150,
    )


# -- writing ---------------------------------------------------------------------------------------------------------


def export(*, questions: Iterable[Question], format: str, now: datetime) -> Written:
    """A file with the working copies of these questions, and what it could not take along. A published key that was mended goes as it holds now."""
    several, held = FORMATS[format].holds_several, _mended()
    drafts, notes = [], []
    for question in questions:
        item, said = _as_it_holds(question, held, several=several)
        drafts.append(Draft(item, question.slug, question.family))
        if said:
            notes.append((question.slug, said))
    shown = pictures.load({address for draft in drafts for address in draft.mentioned})
    drafts = [replace(draft, pictures=tuple(shown[address] for address in draft.mentioned if address in shown)) for draft in drafts]
    written = exchange.write(format, drafts, now=now)
    left_out = set(written.left_out)
    return replace(written, notes=(*written.notes, *(note for note in notes if note[0] not in left_out)))


def _mended() -> dict[int, Held]:
    """What holds of every current version whose key was mended."""
    said = KeyMending.objects.in_force().order_by().values("versions")
    return KeyMending.objects.held(QuestionVersion.objects.filter(pk__in=said, current_of__isnull=False))


def _as_it_holds(question: Question, held: dict[int, Held], *, several: bool) -> tuple[Item, str]:
    """The working copy with the key in force, where it still says what was published; and what the report says of it."""
    item = bank.draft_item(question)
    of = held.get(question.current_id) if question.current_id else None
    if of is None or of.ruling.stands_as_asked:
        return item, ""
    published = of.ruling.item
    if not same_options([item, published]) or item.key != published.key:
        return item, "A key of its published wording was mended. The file carries the working copy, which says something else by now."
    return as_it_holds(ruling(item, [mending.rule for mending in of.mendings]), several=several)
