"""No key, rationale or grade leaves the server before its time: what a running exam sends is compared with the bank.

Three nets of different mesh:
- words: six words in a row of any rationale, short names of questions, families and facts, the author's order of options;
- shape: on a page of one question, keys and distractors differ in nothing but their letter and their words;
- silence: two learners sit the same form, one answers everything right and one everything wrong, and are told the same.
And the control: once the exam is handed in, the words are all there, so the first net does catch what it should.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from quizzes.domain import markdown
from quizzes.domain.items import LETTERS, show_answer, wrong_answer
from quizzes.models import Attempt, Blueprint, Domain, Lesson, LessonSection, Objective, QuestionVersion, Slot, Term, Topic, User
from quizzes.queries.lessons import steady_order
from quizzes.services import attempts, content
from tests.factories import make_item, make_learner, make_lesson, make_question

#: So many words of a rationale in a row are no accident.
RUN = 6

pytestmark = pytest.mark.django_db

FULL, PART, JSON = {}, {"hx-request": "true"}, {"accept": "application/json"}
FACES = [FULL, PART, JSON]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


# -- the bank --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped(kept_for_all: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """The shipped content, taken in once for all tests of this file and rolled back after them."""
    with kept_for_all():
        content.sync(settings.CONTENT_DIR, now=timezone.now())
        yield


Run = tuple[str, ...]
#: A letter or a digit stays, every other byte becomes a space.
WORDS_ALONE = bytes(byte if chr(byte) in "abcdefghijklmnopqrstuvwxyz0123456789" else ord(" ") for byte in range(256))


def words(text: str) -> list[str]:
    return text.casefold().encode().translate(WORDS_ALONE).decode("ascii").split()


def runs(text: str) -> set[Run]:
    """Every `RUN` words in a row."""
    found = words(text)
    return set(zip(*(found[n:] for n in range(RUN)), strict=False))


def public_text() -> str:
    """Everything that may be read at any time, as it is written and as pages show it: lessons, glossary, titles, stems and options."""
    shown: list[str] = [" ".join(row) for row in Lesson.objects.values_list("title", "summary")]
    shown += [f"{term} {html}" for term, html in Term.objects.values_list("term", "html")]
    shown += [row.title for model in (Topic, Objective, Domain) for row in model.objects.all()]
    shown += [f"{plan.title} {plan.summary}" for plan in Blueprint.objects.all()]
    for text, blocks in LessonSection.objects.values_list("text", "blocks"):
        shown += [text, *(value if isinstance(value, str) else json.dumps(value) for block in blocks for value in block.values())]
    for version in QuestionVersion.objects.all():
        shown += [version.item.stem, markdown.block(version.item.stem)]
        shown += [face for option in version.item.options for face in (option.text, markdown.inline(option.text))]
        shown += version.item.targets
    return " | ".join([*shown, *(re.sub(r"<[^>]*>", " ", html) for html in shown)])


def public_names() -> set[str]:
    """Names that stand in addresses, whatever a question is called."""
    anchors = LessonSection.objects.exclude(anchor="").values_list("anchor", flat=True)
    return {*anchors, *(row.pk for model in (Topic, Term) for row in model.objects.all()), *Lesson.objects.values_list("slug", flat=True)}


@dataclass
class Secrets:
    """What must not be said yet."""

    rationales: dict[Run, str] = field(default_factory=dict)  # words in a row -> the rationale they are from
    sentences: set[str] = field(default_factory=set)  # rationales that are too short for that, as they are written
    names: set[str] = field(default_factory=set)  # of questions, their families and their facts
    orders: set[str] = field(default_factory=set)  # of options, in their author's ids

    def found_in(self, response: HttpResponse) -> list[str]:
        """Everything of it that this response says: in body or headers, as text, attribute, comment or value."""
        raw = said(response)
        told = runs(raw) | runs(re.sub(r"<[^>]*>", " ", raw)) if self.rationales else set()
        found = {f"rationale: {self.rationales[run]}" for run in told & self.rationales.keys()}
        found |= {f"rationale: {why}" for why in self.sentences if why in raw or markdown.inline(why) in raw}
        found |= {f"name: {name}" for name in self.names & set(re.findall(r"[a-z0-9]+(?:[-_][a-z0-9]+)+", raw))}
        found |= {f"order: {order}" for order in self.orders if order in raw}
        found |= {f"mark: {mark}" for mark in MARKS if re.search(mark, raw)}
        return sorted(found)


#: What only a graded answer carries, and options under their author's ids.
MARKS = [
    r'data-state="(key|miss|right|wrong)"', r'class="why"', r'class="verdict', r'"(first_|last_)?fraction": \d', r'"share": \d', r'"(right|scored|scaled)": \d',
    r'"(is_key|is_scored|key|why|option_order)":', r'name="answer" value="[a-h]"', r'"(answer|mine|theirs|draft)": \["[a-h]"',
]  # fmt: skip


def said(response: HttpResponse) -> str:
    """All that a response says, as one text: headers, cookies and body, with every way of escaping undone."""
    body = response.content
    if response.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    text = body.decode()
    if response.get("Content-Type", "").startswith("application/json"):
        text = json.dumps(json.loads(text), ensure_ascii=False)
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return unescape(f"{headers}\n{response.cookies.output()}\n{text}")


@dataclass
class Bank:
    """All questions, taken apart once."""

    rationales: dict[int, dict[Run, str]]  # by version
    sentences: dict[int, set[str]]
    names: dict[int, set[str]]

    def recognisable(self, version: QuestionVersion) -> set[str]:
        """The rationales whose words stand nowhere else."""
        return {*self.rationales[version.pk].values(), *self.sentences[version.pk]}

    def secrets(self, versions: Iterable[int] | None = None, *, slots: Iterable[Slot] = ()) -> Secrets:
        """What must not be said of these versions (all, if none are named) and of the order of options in these places."""
        secrets = Secrets()
        for pk in self.rationales if versions is None else versions:
            secrets.rationales |= self.rationales[pk]
            secrets.sentences |= self.sentences[pk]
            secrets.names |= self.names[pk]
        for slot in slots:
            secrets.orders |= {glue.join(slot.option_order) for glue in (", ", ",", '", "', '","', "', '", "','")}
        return secrets


@pytest.fixture(scope="module")
def bank(shipped: None) -> Bank:
    public, open_names = public_text(), public_names()
    open_runs = runs(public)
    bank = Bank({}, {}, {})
    for version in QuestionVersion.objects.select_related("question"):
        told = bank.rationales.setdefault(version.pk, {})
        short = bank.sentences.setdefault(version.pk, set())
        for option in version.item.options:
            own = set().union(*(runs(face) for face in faces(option.why))) - open_runs
            told.update(dict.fromkeys(own, option.why))
            if not own and option.why not in public:
                short.add(option.why)
        bank.names[version.pk] = {version.question.slug, version.question.family, *version.item.facts} - open_names
    return bank


def faces(rationale: str) -> tuple[str, ...]:
    """A rationale as it is written, as HTML, and as its words alone."""
    return rationale, markdown.inline(rationale), markdown.plain(markdown.inline(rationale))


# -- the visit -------------------------------------------------------------------------------------------------------


@dataclass
class Visit:
    """A learner's browser; everything it is told passes through the nets."""

    client: Client
    secrets: Secrets
    told: int = 0

    def get(self, path: str, *, status: int | None = None, **headers: Any) -> HttpResponse:
        return self._hear(self.client.get(path, headers=headers), path, status)

    def post(self, path: str, data: dict[str, Any], *, status: int | None = None, **headers: Any) -> HttpResponse:
        return self._hear(self.client.post(path, data, headers=headers), path, status)

    def _hear(self, response: HttpResponse, path: str, status: int | None) -> HttpResponse:
        self.told += 1
        assert response.status_code < 500, path
        assert status in (None, response.status_code), (path, response.status_code)
        assert self.secrets.found_in(response) == [], path
        return response


def signed_in(learner: User) -> Client:
    client = Client()
    client.force_login(learner, backend=BACKEND)
    return client


def start_exam(learner: User, slug: str) -> tuple[Attempt, list[Slot]]:
    blueprint = Blueprint.objects.get(slug=slug)
    exam = attempts.start_exam(learner=learner, blueprint=blueprint, now=timezone.now(), seed=5)
    return exam, list(exam.slots.select_related("version__question").order_by("position"))


def fields_of(page: HttpResponse) -> dict[str, str]:
    """The hidden fields of the page's own form."""
    return dict(re.findall(r'<input type="hidden" name="(revision|save_id|spent_ms)" value="([^"]*)">', page.content.decode()))


def keys(slot: Slot) -> list[str]:
    item = slot.version.item
    return show_answer(item.type, item.key, slot.option_order)


def distractors(slot: Slot) -> list[str]:
    """As many options as the question wants, one of them wrong at least; of another type an answer that is wrong."""
    item = slot.version.item
    if not item.is_choice:
        return show_answer(item.type, wrong_answer(item, rng=random.Random(1)), slot.option_order)
    wrong = [letter for letter in LETTERS[: len(slot.option_order)] if letter not in keys(slot)]
    return sorted((wrong + keys(slot))[: slot.pick])


def test_a_running_exam_says_nothing_of_key_rationale_or_grade(bank: Bank) -> None:
    learner = make_learner()
    exam, slots = start_exam(learner, "full")
    secrets = bank.secrets(slots=slots)
    assert len(secrets.rationales) > 5_000
    assert len(secrets.names) > 200
    visit = Visit(signed_in(learner), secrets)
    visit.post("/exams/full/", {}, status=302)
    visit.get(f"/attempts/{exam.pk}/", status=302)
    for slot in slots:
        visit_place(visit, exam, slot)
    visit_around(visit, exam)
    assert visit.told > 5 * len(slots)

    # The control: the same nets, the same words, once their time has come.
    visit.client.post(f"/attempts/{exam.pk}/submission/", {})
    result = visit.client.get(f"/attempts/{exam.pk}/result/")
    rationales = {option.why for slot in slots for option in slot.version.item.options}
    assert {why for why in rationales if markdown.inline(why) not in result.content.decode()} == set()
    caught = secrets.found_in(result)
    recognisable = set().union(*(bank.recognisable(slot.version) for slot in slots))
    assert len(recognisable) > 0.9 * len(rationales)
    told = " | ".join(caught)  # a rationale that stands inside a longer one is caught as that
    assert {why for why in recognisable if why.rstrip(".") not in told} == set()
    assert any(mark.startswith("mark: data-state") for mark in caught)


def visit_place(visit: Visit, exam: Attempt, slot: Slot) -> None:
    """Everything that can be asked and answered at one question."""
    place = f"/attempts/{exam.pk}/slots/{slot.position}/"
    page = visit.get(place, status=200)
    assert_options_look_alike(page.content.decode(), slot.version)

    fields, answer = fields_of(page), keys(slot) if slot.position % 2 else distractors(slot)
    save = {"answer": answer, "revision": 0, "save_id": f"save-{slot.position:04}", "spent_ms": 900}
    visit.post(f"{place}draft/", save, status=200, **JSON)
    visit.get(place, status=200, **PART)
    visit.get(f"/questions/{slot.version.question_id}/", status=404)
    if slot.position % 13 == 0:  # what is refused is refused by the same code everywhere
        be_refused(visit, place, slot, fields)
    if slot.position % 4 == 0:
        visit.get(f"/search/?q={'+'.join(words(slot.version.item.stem)[:4])}", status=200, **PART)


def be_refused(visit: Visit, place: str, slot: Slot, fields: dict[str, str]) -> None:
    """Every way in which a save can go wrong, as a page, as a part and as JSON."""
    packed = visit.get(place, status=200, **{"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    saved = f"save-{slot.position:04}"
    visit.post(f"{place}draft/", {"answer": ["A"], "revision": 0, "save_id": saved}, **JSON)  # a save sent twice
    visit.post(f"{place}draft/", {"flagged": "1", "strike": "A"}, status=200, **JSON)
    visit.post(f"{place}draft/", {"answer": ["Z"], "revision": 1, "save_id": "another-one"}, status=422, **JSON)
    everything = list(LETTERS[: len(slot.option_order)])
    for face in FACES:
        stale = {**fields, "answer": distractors(slot) if slot.position % 2 else keys(slot), "revision": 0, "save_id": "stale-one"}
        visit.post(f"{place}draft/", stale, status=409, **face)
        visit.post(place, stale, status=409, **face)
        visit.post(place, {**fields, "answer": everything, "revision": 1, "save_id": "too-many-1"}, **face)
        visit.post(place, {**fields, "answer": ["Z"], "revision": 1}, status=422, **face)
        visit.post(place, {"answer": ["A"], "confidence": "sure"}, **face)
    visit.post(place, {**fields, "revision": 1, "save_id": "go-and-look", "answer": ["B"], "go": "review"}, status=302)
    visit.get(place, status=200)
    visit.get(f"/search/?q={'+'.join(words(slot.version.item.options[0].text)[:3])}", status=200)
    visit.get(f"/versions/{slot.version_id}/reports/")
    visit.post(f"/versions/{slot.version_id}/reports/", {}, status=422)


def visit_around(visit: Visit, exam: Attempt) -> None:
    """The other pages, while the exam runs."""
    here = f"/attempts/{exam.pk}/"
    for face in FACES:
        for path in (
            "/", "/lessons/", "/practice/", "/review/", "/exams/", "/exams/full/", "/progress/", "/search/", "/glossary/",
            "/accounts/", "/accounts/data/", "/accounts/removal/", f"{here}clock/", f"{here}review/", f"{here}result/", "/nowhere/",
        ):  # fmt: skip
            visit.get(path, **face)
    visit.get(f"{here}result/", status=302)
    visit.get(f"{here}clock/", status=200)
    visit.get(f"{here}slots/99/", status=404)
    for path in ("misses/", "replays/"):
        visit.post(f"{here}{path}", {}, status=302)
    stranger = Visit(signed_in(make_learner()), visit.secrets)
    nobody = Visit(Client(), visit.secrets)
    for path in (here, f"{here}slots/1/", f"{here}review/", f"{here}result/", f"{here}clock/"):
        stranger.get(path, status=404)
        nobody.get(path)


# -- shape -----------------------------------------------------------------------------------------------------------


def assert_options_look_alike(body: str, version: QuestionVersion) -> None:
    """Keys and distractors of a question differ in nothing but their letter and their words; and so with parts of other types."""
    if not version.item.is_choice:
        assert_parts_look_alike(body, version)
        return
    found = re.findall(r'<div class="strike-row">.*?</div>|<label class="option".*?</label>', body, re.DOTALL)
    shapes, texts = set(), []
    for letter, markup in zip(LETTERS, found, strict=False):
        [text] = re.findall(r'<span class="text">(.*?)</span><kbd class="letter">', markup)
        texts.append(text)
        shapes.add(re.sub(rf"\b{letter}\b", "*", markup.replace(text, "…")))
    assert sorted(texts) == sorted(markdown.inline(option.text) for option in version.item.options)
    assert len(shapes) == 1, shapes


def assert_parts_look_alike(body: str, version: QuestionVersion) -> None:
    """Steps, things to match and a number to find: nothing of the right order, of the pairs or of the number is on the page."""
    item = version.item
    asked = body[body.index("data-question") :].partition("</form>")[0]
    if item.type == "numeric":
        plain = re.sub(r"<[^>]*>", " ", asked[asked.index("</div>") :])  # after the stem
        assert not {option.text for option in item.options} & set(re.findall(r"[\d.]+", plain))
        return
    rows = re.findall(r'<li class="option (?:step|pair)".*?</li>', asked, re.DOTALL)
    texts = [re.findall(r'<span class="text"[^>]*>(.*?)</span>', row)[0] for row in rows]
    written = [markdown.inline(option.text) for option in item.options]
    assert sorted(texts) == sorted(written)
    assert texts != written  # neither the right order, nor the order of the file in which targets were counted
    bare = [re.sub(r">[^<]*</option>", ">", row.replace(text, "…")) for text, row in zip(texts, rows, strict=True)]
    shapes = {re.sub(rf"\b{letter}\b", "*", row) for letter, row in zip(LETTERS, bare, strict=False)}
    assert len(shapes) == 1, shapes
    if item.type == "matching":
        shown = re.findall(r'<option value="A:\d">(.*?)</option>', unescape(asked))
        # By the alphabet, as they are written: with the marks of code, which are not shown.
        targets = sorted({*(option.match for option in item.options), *item.targets_extra} - {""}, key=str.casefold)
        assert shown == [markdown.plain(markdown.inline(target)) for target in targets]


# -- silence ---------------------------------------------------------------------------------------------------------


#: What differs between two visits for reasons of its own: tokens, names, places in the database, the time of day.
NOISE: list[tuple[str, str]] = [
    (r'name="csrfmiddlewaretoken" value="[^"]*"', "token"),
    (r'(name="save_id" value=)"[^"]*"', r"\1…"),
    (r"csrftoken=[^;]*|sessionid=[^;]*|expires=[^;]*", "cookie"),
    (r"learner\d+(@example\.org)?", "learner"),
    (r"/attempts/\d+/", "/attempts/…/"),
    (r'data-exam="\d+"', "exam"),
    (r'data-remaining="[^"]*"', "remaining"),
    (r'"(\w+_(?:s|at)|id|revision)": ("[^"]*"|[\d.]+)', r'"\1": …'),
    (r"\d{4}-\d\d-\d\dT[\d:.+]+", "moment"),
    (r"\b\d+:\d\d(:\d\d)?\b", "time"),
    (r"Content-Length: \d+", "length"),
    (r"X-Request-ID: \w+", "number"),
]


def without_noise(text: str) -> str:
    for pattern, put in NOISE:
        text = re.sub(pattern, put, text)
    return text


def test_who_answers_right_and_who_answers_wrong_are_told_the_same() -> None:
    learner, told = make_learner(), []  # one learner, since each meets variants of their own
    for answers in (keys, distractors):
        with transaction.atomic():
            told.append(everything_told(learner, answers))
            transaction.set_rollback(True)
    assert told[0].keys() == told[1].keys()
    for path in told[0]:
        assert told[0][path] == told[1][path], path


def everything_told(learner: User, answers: Callable[[Slot], list[str]]) -> dict[str, str]:
    """What a learner with these answers is told while the exam runs, and where; the chosen letters themselves taken out."""
    exam, slots = start_exam(learner, "short")
    client, told = signed_in(learner), {}
    here = f"/attempts/{exam.pk}/"
    for slot in slots:
        place = f"{here}slots/{slot.position}/"
        save = {"answer": answers(slot), "revision": 0, "save_id": f"save-{slot.position:04}"}
        receipt = client.post(f"{place}draft/", save, headers=JSON)
        told[f"receipt {slot.position}"] = re.sub(r'"answer": \[[^]]*\]', "answer", said(receipt))
    for slot in slots:
        page = said(client.get(f"{here}slots/{slot.position}/"))
        told[f"page {slot.position}"] = page.replace(" checked>", ">")
    for path in ("/", "/exams/", "/exams/short/", "/practice/", "/review/", "/progress/", "/accounts/", f"{here}review/", f"{here}clock/"):
        told[path.replace(here, "here/")] = said(client.get(path))
    told["data"] = re.sub(r'"(answer|first_answer|draft)": (\[[^]]*\]|null)', "answer", said(client.get("/accounts/data/")))
    return {path: without_noise(text) for path, text in told.items()}


# -- practice and checks ---------------------------------------------------------------------------------------------


def test_practice_says_nothing_before_the_answer(bank: Bank) -> None:
    learner = make_learner()
    session = attempts.start_practice(learner=learner, topics=[], kind="all", size=10, now=timezone.now(), seed=3)
    slots = list(session.slots.select_related("version__question").order_by("position"))
    assert len(slots) == 10
    client = signed_in(learner)
    for slot in slots:
        visit = Visit(client, bank.secrets([s.version_id for s in slots if s.position >= slot.position], slots=slots))
        place = f"/attempts/{session.pk}/slots/{slot.position}/"
        page = visit.get(place, status=200)
        assert_options_look_alike(page.content.decode(), slot.version)
        visit.get(place, status=200, **PART)
        for face in FACES:
            visit.post(place, {"answer": [], "confidence": "sure"}, status=422, **face)
            visit.post(place, {"answer": ["Z"], "confidence": "sure"}, status=422, **face)
        visit.get(f"/questions/{slot.version.question_id}/", status=404)

        client.post(place, {"answer": keys(slot) if slot.position % 2 else distractors(slot), "confidence": "sure"})
        caught = bank.secrets([slot.version_id]).found_in(client.get(place, headers=PART))
        assert {f"rationale: {why}" for why in bank.recognisable(slot.version)} <= set(caught)


@pytest.mark.parametrize("type", ["ordering", "matching", "numeric"])
def test_no_order_no_pair_and_no_number_leaves_before_the_answer(type: str) -> None:
    """Every type, in practice and in a lesson, on every face; and afterwards all of it is there."""
    wrong = [[], ["A:1"], ["A:1", "B:1", "C:1", "D:9"], ["nothing"]]
    for n in range(6):
        learner = make_learner()
        client = signed_in(learner)
        question = make_question(item=make_item(type=type, unit="seconds" if type == "numeric" else ""))
        lesson = make_lesson(f"lesson-{type}-{n}", checks=(question.slug,))
        [version] = question.versions.all()
        session = attempts.start_practice(learner=learner, topics=[], kind="all", size=1, only=[question.pk], now=timezone.now(), seed=n)
        [slot] = session.slots.select_related("version")
        rationales = {option.why for option in version.item.options}
        place, check = f"/attempts/{session.pk}/slots/1/", f"/lessons/{lesson.slug}/checks/{question.pk}/"
        orders = {glue.join(slot.option_order) for glue in (", ", ",", '", "', '","')}
        visit = Visit(client, Secrets(sentences=rationales, names={question.slug, question.family}, orders=orders))
        assert_options_look_alike(visit.get(place, status=200).content.decode(), version)
        assert_options_look_alike(visit.get(f"/lessons/{lesson.slug}/", status=200).content.decode(), version)
        for turn, face in enumerate(FACES, start=n):
            # All of them to the first learner; to each of the others one in turn, so that every face meets each of them in two orders at least.
            for answer in wrong if n == 0 else [wrong[turn % len(wrong)]]:
                visit.post(place, {"answer": answer}, status=422, **face)
                visit.post(check, {"answer": answer, "version": version.pk}, status=422, **face)
            assert_options_look_alike(visit.get(place, status=200, **PART).content.decode(), version)
            if n == 0 or turn % len(FACES) == 0:  # the same file on every face
                visit.get("/accounts/data/", status=200, **face)
        visit.get(f"/questions/{question.pk}/", status=404)
        client.post(place, {"answer": distractors(slot)})
        told = client.get(place).content.decode()
        assert all(markdown.inline(why) in told for why in rationales)


def test_the_checks_of_a_lesson_say_nothing_before_the_answer(bank: Bank) -> None:
    visitor = Client()
    asked = 0
    for lesson in Lesson.objects.all():
        here = f"/lessons/{lesson.slug}/"
        page = visitor.get(here).content.decode()
        found = re.findall(r'id="check-(\d+)".*?name="version" value="(\d+)"', page, re.DOTALL)
        unanswered = {int(pk): int(version) for pk, version in found}
        visit = Visit(visitor, bank.secrets(unanswered.values()))
        visit.get(here, status=200)
        for pk, version in unanswered.items():
            asked += 1
            [section] = re.findall(rf'<div [^>]*id="check-{pk}".*?</form>', page, re.DOTALL)
            assert_options_look_alike(section, QuestionVersion.objects.get(pk=version))
        # One is answered: then its rationales are there, and still none of the others.
        pk, version = unanswered.popitem()
        check, wording = f"{here}checks/{pk}/", QuestionVersion.objects.get(pk=version)
        letters = show_answer(wording.item.type, wording.item.key, steady_order(wording.item, wording.question.check_seed))
        for face in FACES:
            visit.post(check, {"answer": [], "version": version}, status=422, **face)
            visit.post(check, {"answer": letters, "version": 0}, status=409, **face)
        visitor.post(check, {"answer": letters, "version": version})
        seen = visitor.get(here)
        assert {f"rationale: {why}" for why in bank.recognisable(wording)} <= set(bank.secrets([version]).found_in(seen))
        still = bank.secrets(unanswered.values())
        still.rationales = {run: why for run, why in still.rationales.items() if run not in bank.rationales[version]}
        assert [fault for fault in still.found_in(seen) if fault.startswith(("rationale:", "name:"))] == []
    assert asked > 20
