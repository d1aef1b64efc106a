"""Content files to the database: check them all, then take all of them or none."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from quizzes.domain import content as files
from quizzes.domain import generators, items, lesson, markdown, quality, search, serverless, terms
from quizzes.domain.errors import BrokenContent, Problem
from quizzes.domain.exam import fits_exams
from quizzes.domain.places import header_lines, line_with
from quizzes.domain.serverless import prices
from quizzes.models import (
    Blueprint,
    ContentFile,
    Domain,
    DraftOption,
    DraftSource,
    Fact,
    Lesson,
    LessonSection,
    Objective,
    Question,
    QuestionVersion,
    SearchEntry,
    SourcePage,
    Term,
    Topic,
)
from quizzes.services import audit, bank, variants
from quizzes.services.audit import Action

WEEK = "week-09"
#: The checksum of a shipped row whose file is gone. Whoever brings it back in the admin keeps it; so does the file when it returns.
LEFT = "left the files"
#: What makes HTML of the files: when it changes, lessons and terms are taken in anew.
RENDERERS = (markdown, lesson, terms)
#: What cuts their words for the search: when it changes, the index is written anew.
INDEXERS = (search,)
#: Folders of code whose change makes generated questions anew.
GENERATORS = tuple(Path(str(module.__file__)).parent for module in (generators, serverless))


@dataclass
class Bundle:
    """Everything that `content/` says, typed, with the place of each question."""

    objectives: files.Objectives
    facts: files.Facts
    terms: tuple[files.Term, ...]
    blueprints: tuple[files.BlueprintFile, ...]
    lessons: list[lesson.Lesson]
    questions: dict[str, files.QuestionFile]
    topic_of: dict[str, str]
    place_of: dict[str, tuple[str, int]]
    texts: dict[str, str] = field(default_factory=dict)

    def lines(self, path: str, table: str) -> Iterator[int]:
        """The line of each [[table]] of a file, and 1 for those that stand otherwise."""
        return chain(header_lines(self.texts[path], table), repeat(1))

    def item(self, slug: str) -> items.Item:
        return self.questions[slug].item(self.topic_of[slug])


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check read and what it found."""

    lessons: int
    questions: int
    terms: int
    warnings: list[Problem]
    problems: list[Problem]
    by_topic: dict[str, int]
    by_type: dict[str, int]
    by_level: dict[str, int]
    core_facts: int
    core_facts_asked: int
    core_facts_taught: int
    not_asked: list[str]
    not_taught: list[str]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed. All zero when nothing had."""

    lessons: int = 0
    new: int = 0
    changed: int = 0
    kept_edited: int = 0
    retired: int = 0
    returned: int = 0
    computed: int = 0

    @property
    def is_noop(self) -> bool:
        return self == SyncReport()


# -- reading ---------------------------------------------------------------------------------------------------------


def read(root: Path) -> Bundle:
    """All content files as typed values. Raises BrokenContent with every problem found."""
    bundle, problems, _ = _read(root)
    if problems or bundle is None:
        raise BrokenContent(problems)
    return bundle


def check(root: Path) -> CheckReport:
    """Read everything and look for what is wrong, near-duplicates and warnings included."""
    bundle, problems, warnings = _read(root)
    if bundle is None:
        return CheckReport(0, 0, 0, [], sorted(problems), {}, {}, {}, 0, 0, 0, [], [])
    for one, other, cosine in quality.duplicate_pairs({slug: q.stem for slug, q in bundle.questions.items()}):
        if bundle.questions[one].family != bundle.questions[other].family:
            problems.append(
                Problem(
                    *bundle.place_of[other],
                    f"the stem of {other!r} is nearly that of {one!r} ({cosine:.2f}). Change one, or give both one family",
                )
            )
    core = {fact.id for fact in bundle.facts.fact if fact.level == "core"}
    asked = {fact for question in bundle.questions.values() for fact in question.facts}
    taught = {fact for found in bundle.lessons for fact in found.meta.facts}
    by_topic = {topic.slug: sum(t == topic.slug for t in bundle.topic_of.values()) for topic in bundle.objectives.topic}
    return CheckReport(
        len(bundle.lessons), len(bundle.questions), len(bundle.terms), sorted(warnings), sorted(problems), by_topic,
        dict(Counter(question.type for question in bundle.questions.values()).most_common()),
        {level: sum(question.level == level for question in bundle.questions.values()) for level in files.LEVELS},
        len(core), len(core & asked), len(core & taught), sorted(core - asked), sorted(core - taught),
    )  # fmt: skip


def stale(root: Path, *, before: date) -> list[str]:
    """Lessons and questions whose statements were last checked before this day."""
    bundle = read(root)
    old = [f"lesson {found.slug}: {found.meta.checked}" for found in bundle.lessons if found.meta.checked < before]
    for slug, question in bundle.questions.items():
        oldest = min((source.checked for source in question.sources), default=None)
        if oldest and oldest < before:
            old.append(f"question {slug}: {oldest}")
    return old


def entries(root: Path) -> list[quality.Entry]:
    """The questions of the files, as the linter takes them. Raises BrokenContent where one cannot be read."""
    bundle, problems, _ = _read(root)
    if bundle is None:
        raise BrokenContent(problems)
    young = {fact.id for fact in bundle.facts.fact if fact.level == "new"}
    return [
        quality.Entry(
            slug, question.family, bundle.item(slug), fits_exams(bundle.item(slug), new_facts=young),
            "{}, line {}".format(*bundle.place_of[slug]),
        )
        for slug, question in bundle.questions.items()
        if question.type in items.TYPES
    ]  # fmt: skip


def _paths(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.suffix in {".toml", ".md", ".svg"} and path.is_file())


def checksums(root: Path) -> dict[str, str]:
    """Path below the folder to the SHA-256 of the file; and what makes HTML of them, as if it were a file too."""
    found = {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in _paths(root)}
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in RENDERERS)
    indexing = b"".join(Path(str(module.__file__)).read_bytes() for module in INDEXERS)
    computing = b"".join(path.read_bytes() for folder in GENERATORS for path in sorted(folder.rglob("*.py")))
    extra = {"(rendering)": hashlib.sha256(code).hexdigest(), "(computing)": hashlib.sha256(computing).hexdigest()}
    extra["(indexing)"] = hashlib.sha256(indexing).hexdigest()
    return {**found, **extra} if found else {}


def _read(root: Path) -> tuple[Bundle | None, list[Problem], list[Problem]]:
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path in _paths(root):
        name = str(path.relative_to(root))
        try:
            texts[name] = path.read_text("utf-8")
        except UnicodeDecodeError as fault:
            problems.append(Problem(name, 1, f"this file is not UTF-8 (byte {fault.start}). Save it as UTF-8"))

    def whole(kind: type[files.T], name: str) -> files.T | None:
        if name not in texts:
            problems.append(Problem(name, 1, "this file is missing"))
            return None
        value, found = files.read(kind, path=name, text=texts[name])
        problems.extend(found)
        return value

    objectives = whole(files.Objectives, "objectives.toml")
    facts = whole(files.Facts, "facts.toml")
    glossary = whole(files.Glossary, "glossary.toml")
    plans = whole(files.Blueprints, f"{WEEK}/blueprint.toml")
    if "aws/prices.toml" in texts:
        problems.extend(prices.check(path="aws/prices.toml", text=texts["aws/prices.toml"]))
    figures = {Path(name).name: text for name, text in texts.items() if name.startswith(f"{WEEK}/figures/")}
    for name, text in figures.items():
        problems.extend(lesson.check_figure(name=name, svg=text))
    lessons = []
    for name, text in texts.items():
        if name.startswith(f"{WEEK}/lessons/"):
            found, faults = lesson.parse(name=Path(name).name, text=text, figures=figures)
            problems.extend(faults)
            if found:
                lessons.append(found)
    if not objectives or not facts or not glossary or not plans:
        return None, problems, []
    entries = [
        terms.entry(slug=slugify(t.term), term=t.term, aliases=t.aliases, html=markdown.inline(t.definition), lesson=t.lesson)
        for t in glossary.term
    ]
    lessons = [terms.mark(found, entries) for found in lessons]
    bundle = Bundle(objectives, facts, glossary.term, plans.blueprint, lessons, {}, {}, {}, texts)
    for name, text in texts.items():
        if name.startswith(f"{WEEK}/questions/"):
            good, faults = files.read_questions(path=name, text=text)
            problems.extend(faults)
            for line, question in good:
                if question.slug in bundle.questions:
                    first = "{}, line {}".format(*bundle.place_of[question.slug])
                    problems.append(
                        Problem(name, line, f"the slug {question.slug!r} stands already in {first}. Give this question another")
                    )
                    continue
                bundle.questions[question.slug] = question
                bundle.topic_of[question.slug] = Path(name).stem
                bundle.place_of[question.slug] = (name, line)
    warnings: list[Problem] = []
    problems.extend(_crossed(bundle, warnings))
    return bundle, problems, warnings


def _crossed(bundle: Bundle, warnings: list[Problem]) -> Iterator[Problem]:
    """What files say of each other that is not so."""
    topics = {topic.slug for topic in bundle.objectives.topic}
    topic_of = bundle.objectives.topic_of
    domains = {domain.key for domain in bundle.objectives.domain}
    facts = {fact.id: fact.level for fact in bundle.facts.fact}
    places = {found.slug for found in bundle.lessons}
    places |= {f"{found.slug}#{section.anchor}" for found in bundle.lessons for section in found.sections if section.anchor}

    yield from _doubled(bundle)
    for found in bundle.lessons:
        path = f"{WEEK}/lessons/{found.number:02}-{found.slug}.md"
        text = bundle.texts[path]
        if found.meta.topic not in topics:
            yield Problem(
                path, line_with(text, f'"{found.meta.topic}"'), f"there is no topic {found.meta.topic!r}. Name one of objectives.toml"
            )
        for objective in found.meta.objectives:
            if objective not in topic_of:
                yield Problem(path, line_with(text, f'"{objective}"'), f"there is no objective {objective!r}. Name one of objectives.toml")
        for fact in found.meta.facts:
            if fact not in facts:
                yield Problem(path, line_with(text, f'"{fact}"'), f"there is no fact {fact!r}. Name one of facts.toml")
        for section in found.sections:
            for check in section.checks:
                if check not in bundle.questions:
                    yield Problem(path, line_with(text, f"::: check {check}"), f"the check {check!r} is no question. Name the slug of one")

    for slug, question in bundle.questions.items():
        path, line = bundle.place_of[slug]
        topic = bundle.topic_of[slug]

        def problem(message: str, path: str = path, line: int = line, slug: str = slug) -> Problem:
            return Problem(path, line, f"question {slug!r}: {message}")

        if question.type not in items.TYPES:
            yield problem(f"there is no type {question.type!r}. Write one of {', '.join(items.TYPES)}")
            continue
        if topic not in topics:
            yield problem(f"the file's name is no topic. Name it after one of objectives.toml, not {topic!r}")
        if topic_of.get(question.objective) != topic:
            yield problem(f"{question.objective!r} is no objective of the topic {topic!r}. Name one of objectives.toml")
        if question.domain not in domains:
            yield problem(f"there is no domain {question.domain!r}. Write one of {', '.join(sorted(domains))}")
        if question.level not in files.LEVELS:
            yield problem(f"there is no level {question.level!r}. Write one of {', '.join(files.LEVELS)}")
        if question.difficulty not in (1, 2, 3):
            yield problem("difficulty is 1, 2 or 3")
        if question.lesson not in places:
            yield problem(f"there is no lesson section {question.lesson!r}. Write slug#anchor")
        for fact in question.facts:
            if fact not in facts:
                yield problem(f"there is no fact {fact!r}. Name one of facts.toml")
        if not question.facts:
            yield problem("it names no fact. Add the ids of the facts that make the key right")
        for finding in quality.findings(bundle.item(slug)):
            where = f"{finding.field}: {finding.message} [{finding.rule}]"
            if finding.level == "error":
                yield problem(where)
            else:
                warnings.append(problem(where))

    for line, term in zip(bundle.lines("glossary.toml", "term"), bundle.terms, strict=False):
        if term.lesson and term.lesson not in places:
            yield Problem("glossary.toml", line, f"the term {term.term!r} points to {term.lesson!r}, which is no lesson section")
    path = f"{WEEK}/blueprint.toml"
    for line, plan in zip(bundle.lines(path, "blueprint"), bundle.blueprints, strict=False):
        for objective in plan.counts:
            if objective not in topic_of:
                yield Problem(path, line, f"the exam {plan.slug!r} counts {objective!r}, which is no objective")
        if plan.pilots >= sum(plan.counts.values()):
            yield Problem(path, line, f"the exam {plan.slug!r} has no question that counts. Lower pilots")


def _doubled(bundle: Bundle) -> Iterator[Problem]:
    """Names that stand twice where a table has one row for each."""
    objectives = [objective.key for topic in bundle.objectives.topic for objective in topic.objectives]
    for path, kind, names in (
        ("objectives.toml", "domain", [domain.key for domain in bundle.objectives.domain]),
        ("objectives.toml", "topic", [topic.slug for topic in bundle.objectives.topic]),
        ("objectives.toml", "objective", objectives),
        ("facts.toml", "fact", [fact.id for fact in bundle.facts.fact]),
        ("glossary.toml", "term", [slugify(term.term) for term in bundle.terms]),
        (f"{WEEK}/blueprint.toml", "blueprint", [plan.slug for plan in bundle.blueprints]),
    ):
        for n, (line, name) in enumerate(zip(bundle.lines(path, kind), names, strict=False)):
            if name in names[:n]:
                yield Problem(path, line, f"the {kind} {name!r} stands twice. Take one out, or give it another name")
    for n, one in enumerate(bundle.lessons):
        for other in bundle.lessons[:n]:
            if one.slug == other.slug or one.number == other.number:
                what = "slug" if one.slug == other.slug else "number"
                path = f"{WEEK}/lessons/{one.number:02}-{one.slug}.md"
                yield Problem(path, 1, f"the lesson {other.number:02}-{other.slug}.md has this {what} too. Give each its own")


# -- taking in -------------------------------------------------------------------------------------------------------


def sync(root: Path, *, now: datetime) -> SyncReport:
    """Take the content files into the database: all of them or none, and nothing when nothing changed.

    A changed question becomes a new version. A question that was edited in the admin stays as it is; what the file says
    is kept beside it, so that the difference can be shown. Raises BrokenContent.
    """
    fresh = checksums(root)
    known = dict(ContentFile.objects.values_list("path", "checksum"))
    if fresh and fresh == known:
        if SearchEntry.objects.is_behind():
            SearchEntry.objects.refresh()
        return SyncReport()
    bundle = read(root)
    with transaction.atomic():
        _take_map(bundle)
        lessons = _take_lessons(bundle)
        _take_terms(bundle)
        _take_blueprints(bundle)
        report = _take_questions(bundle, now=now)
        computed = variants.stock_families(now=now)
        Question.objects.all().mark_for_exams()
        SourcePage.objects.remember(chain(_cited(bundle), variants.cited()))
        _drop_unused(bundle)
        if known.get("(indexing)") == fresh["(indexing)"]:
            SearchEntry.objects.refresh()
        else:
            SearchEntry.objects.rebuild()
        ContentFile.objects.exclude(path__in=fresh).delete()
        ContentFile.objects.bulk_create(
            [ContentFile(path=path, checksum=checksum) for path, checksum in fresh.items()],
            update_conflicts=True, unique_fields=["path"], update_fields=["checksum"],
        )  # fmt: skip
    return replace(report, lessons=lessons, computed=computed)


def _cited(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """Address and title of every source of lessons and questions."""
    for found in bundle.lessons:
        yield from ((source.url, source.title) for source in found.meta.sources)
    for question in bundle.questions.values():
        yield from ((source.url, source.title) for source in question.sources)


def _upsert(model: Any, rows: list[Any], unique: str, fields: list[str]) -> None:
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=[unique], update_fields=fields, batch_size=100)


def _take_map(bundle: Bundle) -> None:
    domains = [Domain(key=d.key, title=d.title, weight=d.weight, position=n) for n, d in enumerate(bundle.objectives.domain)]
    _upsert(Domain, domains, "key", ["title", "weight", "position"])
    topics = [Topic(slug=t.slug, title=t.title, position=n) for n, t in enumerate(bundle.objectives.topic)]
    _upsert(Topic, topics, "slug", ["title", "position"])
    pairs = [(topic, objective) for topic in bundle.objectives.topic for objective in topic.objectives]
    objectives = [Objective(key=o.key, title=o.title, topic_id=t.slug, position=n) for n, (t, o) in enumerate(pairs)]
    _upsert(Objective, objectives, "key", ["title", "topic", "position"])
    facts = [
        Fact(
            id=f.id, topic=f.topic, level=f.level, statement=f.statement, checked=f.checked,
            sources=[{"title": source.title, "url": source.url} for source in f.sources],
        )
        for f in bundle.facts.fact
    ]  # fmt: skip
    _upsert(Fact, facts, "id", ["topic", "level", "statement", "sources", "checked"])
    Fact.objects.exclude(id__in=[fact.id for fact in bundle.facts.fact]).delete()


def _drop_unused(bundle: Bundle) -> None:
    """Objectives, topics and domains that left the files go, as soon as nothing stands under them any more."""
    Objective.objects.exclude(key__in=bundle.objectives.topic_of).filter(questions=None).delete()
    topics = Topic.objects.exclude(slug__in=[topic.slug for topic in bundle.objectives.topic])
    topics.filter(questions=None, lessons=None, objectives=None).delete()
    Domain.objects.exclude(key__in=[domain.key for domain in bundle.objectives.domain]).filter(questions=None).delete()


def _take_lessons(bundle: Bundle) -> int:
    known = dict(Lesson.objects.values_list("slug", "checksum"))
    Lesson.objects.exclude(slug__in=[found.slug for found in bundle.lessons]).delete()
    changed = 0
    for found in sorted(bundle.lessons, key=lambda found: found.number):
        meta, sections = found.meta, lesson.as_dict(found.sections)
        checksum = _checksum({"number": found.number, "meta": items.as_dict(meta), "sections": sections})  # type: ignore[arg-type]
        if known.get(found.slug) == checksum:
            continue
        changed += 1
        row, _ = Lesson.objects.update_or_create(
            slug=found.slug,
            defaults={
                "number": found.number, "title": meta.title, "short": meta.short, "summary": meta.summary,
                "topic_id": meta.topic, "minutes": meta.minutes, "checked": meta.checked, "facts": list(meta.facts),
                "sources": [{"title": s.title, "url": s.url, "checked": s.checked.isoformat()} for s in meta.sources],
                "source": f"{WEEK}/lessons/{found.number:02}-{found.slug}.md", "checksum": checksum,
            },
        )  # fmt: skip
        row.objectives.set(Objective.objects.filter(key__in=meta.objectives))
        row.sections.all().delete()
        LessonSection.objects.bulk_create(
            LessonSection(lesson=row, position=n, anchor=section.anchor, title=section.title, blocks=blocks["blocks"], text=section.text)
            for n, (section, blocks) in enumerate(zip(found.sections, sections, strict=True))
        )
    return changed


def _take_terms(bundle: Bundle) -> None:
    rows = [
        Term(slug=slugify(term.term), term=term.term, aliases=list(term.aliases), definition=term.definition,
             html=markdown.inline(term.definition), lesson=term.lesson)
        for term in bundle.terms
    ]  # fmt: skip
    Term.objects.exclude(slug__in=[row.slug for row in rows]).delete()
    _upsert(Term, rows, "slug", ["term", "aliases", "definition", "html", "lesson"])


def _take_blueprints(bundle: Bundle) -> None:
    """Plans are upserted, except those that an instructor edited. A plan that left the files is no longer offered."""
    path = f"{WEEK}/blueprint.toml"
    for line, plan in zip(bundle.lines(path, "blueprint"), bundle.blueprints, strict=False):
        values: dict[str, Any] = {
            "title": plan.title, "summary": plan.summary, "minutes": plan.minutes, "pilots": plan.pilots, "cut": plan.cut, "counts": plan.counts,
        }  # fmt: skip
        checksum = _checksum(values)
        row = Blueprint.objects.filter(slug=plan.slug).first()
        if row is None:
            Blueprint.objects.create(slug=plan.slug, shipped_checksum=checksum, **values)
        elif not row.shipped_checksum:
            raise BrokenContent(
                [Problem(path, line, f"the slug {plan.slug!r} belongs to an exam that an instructor planned. Choose another")]
            )
        elif not row.edited_here and row.shipped_checksum != checksum:
            is_open = row.is_open or row.shipped_checksum == LEFT
            Blueprint.objects.filter(pk=row.pk).update(shipped_checksum=checksum, is_open=is_open, **values)
    here = Blueprint.objects.exclude(shipped_checksum__in=["", LEFT]).filter(edited_here=False)
    here.exclude(slug__in=[plan.slug for plan in bundle.blueprints]).update(is_open=False, shipped_checksum=LEFT)


def _take_questions(bundle: Bundle, *, now: datetime) -> SyncReport:
    known = {question.slug: question for question in Question.objects.select_related("current").all()}
    new: list[str] = []
    changed: list[str] = []
    edited = returned = 0
    for slug in bundle.questions:
        row = known.get(slug)
        if row is None:
            new.append(slug)
        elif row.generator:
            path, line = bundle.place_of[slug]
            raise BrokenContent([Problem(path, line, f"the slug {slug!r} belongs to a generated question. Choose another")])
        elif not row.is_shipped:
            path, line = bundle.place_of[slug]
            raise BrokenContent([Problem(path, line, f"the slug {slug!r} belongs to a question that an instructor wrote. Choose another")])
        elif row.shipped_checksum == _question_checksum(bundle, slug):
            continue
        elif row.edited_here:
            edited += 1
            _refresh_shipped(bundle, row)
        elif row.shipped_checksum == LEFT:
            returned += 1
            _change(bundle, row, now=now)
        else:
            changed.append(slug)
    gone = Question.objects.filter(shipped_body__isnull=False).exclude(shipped_checksum=LEFT).exclude(slug__in=list(bundle.questions))
    leaving = gone.filter(edited_here=False, state=Question.State.PUBLISHED)
    retired = leaving.update(state=Question.State.RETIRED, changed_at=now, shipped_checksum=LEFT)
    gone.update(shipped_checksum=LEFT)
    _create(bundle, new, now=now)
    for slug in changed:
        _change(bundle, known[slug], now=now)
    return SyncReport(0, len(new), len(changed), edited, retired, returned)


def _refresh_shipped(bundle: Bundle, row: Question) -> None:
    """Keep what the file says beside an instructor's edit. Where the file now says the same, the edit is none any more."""
    row.shipped_checksum, row.shipped_body = _question_checksum(bundle, row.slug), items.as_dict(bundle.item(row.slug))
    row.edited_here = bank.is_edited(row)
    row.save(update_fields=["shipped_checksum", "shipped_body", "edited_here"])


def _row_values(bundle: Bundle, slug: str) -> dict[str, Any]:
    question, item = bundle.questions[slug], bundle.item(slug)
    return {
        "family": question.family, "type": item.type, "stem": item.stem, "objective_id": item.objective,
        "topic_id": item.topic, "domain_id": item.domain, "level": item.level, "difficulty": item.difficulty,
        "lesson": item.lesson, "facts": list(item.facts), "pick": item.pick, "option_count": len(item.options),
        "targets_extra": list(item.targets_extra), "unit": item.unit, "tolerance": item.tolerance,
        "shipped_checksum": _question_checksum(bundle, slug), "shipped_body": items.as_dict(item),
    }  # fmt: skip


def _create(bundle: Bundle, slugs: list[str], *, now: datetime) -> None:
    rng = random.Random(now.timestamp())  # noqa: S311 (spreads draws, guards nothing)
    rows = Question.objects.bulk_create(
        [
            Question(
                slug=slug, state=Question.State.DRAFT, draw_key=rng.random(), created_at=now, changed_at=now, **_row_values(bundle, slug)
            )
            for slug in slugs
        ],
        batch_size=40,
    )
    _create_drafts(bundle, rows)
    _publish(bundle, rows, dict.fromkeys((row.pk for row in rows), 1), now=now)


def _change(bundle: Bundle, row: Question, *, now: datetime) -> None:
    """What the file says, as the working copy and, where the wording is another, as a new version."""
    Question.objects.filter(pk=row.pk).update(changed_at=now, **_row_values(bundle, row.slug))
    row.draft_options.all().delete()
    row.draft_sources.all().delete()
    _create_drafts(bundle, [row])
    if row.current is not None and row.current.body == items.as_dict(bundle.item(row.slug)):
        Question.objects.filter(pk=row.pk).update(state=Question.State.PUBLISHED)
        return
    number = (row.versions.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    _publish(bundle, [row], {row.pk: number}, now=now)


def _create_drafts(bundle: Bundle, rows: list[Question]) -> None:
    pairs = [(row, bundle.item(row.slug)) for row in rows]
    DraftOption.objects.bulk_create(
        [
            DraftOption(question=row, position=n, text=option.text, key=option.key, match=option.match, why=option.why)
            for row, item in pairs
            for n, option in enumerate(item.options)
        ],
        batch_size=150,
    )
    DraftSource.objects.bulk_create(
        [DraftSource(question=row, title=s.title, url=s.url, checked=s.checked) for row, item in pairs for s in item.sources],
        batch_size=150,
    )


def _publish(bundle: Bundle, rows: list[Question], numbers: dict[int, int], *, now: datetime) -> None:
    versions = QuestionVersion.objects.bulk_create(
        [
            QuestionVersion(
                question=row, number=numbers[row.pk], body=items.as_dict(bundle.item(row.slug)), published_at=now,
                checksum=_question_checksum(bundle, row.slug), note="from the shipped files",
            )
            for row in rows
        ],
        batch_size=100,
    )  # fmt: skip
    for version in versions:
        row = version.question
        row.current, row.state = version, Question.State.PUBLISHED
    Question.objects.bulk_update([version.question for version in versions], ["current", "state"], batch_size=100)
    if not rows:
        return
    changed = [row.slug for row in rows if numbers[row.pk] > 1]
    what = f"question {changed[0]}" if changed else f"{len(rows)} shipped questions"
    audit.record(Action.PUBLISH, what, by=None, after={"version": numbers[rows[0].pk], "from": "the shipped files"})


def _question_checksum(bundle: Bundle, slug: str) -> str:
    return _checksum({"family": bundle.questions[slug].family, "item": items.as_dict(bundle.item(slug))})


def _checksum(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
