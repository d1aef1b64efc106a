"""The search over the index: the same hits in the same order on both databases, kept in step, and nobody else's questions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from quizzes.domain.search import Wanted, read_query, words_of
from quizzes.models import Lesson, LessonSection, Question, SearchEntry, Seen, Term, User
from quizzes.queries.lessons import search_page
from quizzes.services import bank
from tests.factories import T0, make_item, make_learner, make_lesson, make_question, make_term, make_topic, make_version

pytestmark = pytest.mark.django_db

#: Lesson, section and text: small enough to work out every order by hand.
SECTIONS = [
    ("Asynchronous", "Retries", "Lambda tries twice more: after one minute and after two."),
    ("Asynchronous", "Dead-letter queues", "What failed every try goes to a queue of SQS or a topic of SNS. A queue keeps it for days."),
    ("Asynchronous", "Destinations", "A destination gets the record of a success or a failure; a DeadLetterConfig only gets failures."),
    ("Pricing", "Requests", "Every 1,000,000 requests cost the same, retried ones too."),
    ("Pricing", "Duration", "Memory times time, in GB-seconds. 10,240 MB is the most."),
    ("Tracing", "X-Ray", "Turn on active tracing; the café of Straße 5 has nothing to do with it."),
]
TERMS = [("Dead-letter queue", ["DLQ"], "Where an event goes that failed every try."), ("Retry", [], "One more try."),
         ("Alias", [], "A name for a version.")]  # fmt: skip


@pytest.fixture
def corpus() -> None:
    lessons: dict[str, Lesson] = {}
    for n, (short, title, text) in enumerate(SECTIONS):
        lesson = lessons.get(short) or make_lesson(short.lower(), short=short, title=f"All about {short}", sections=0)
        lessons[short] = lesson
        LessonSection.objects.create(lesson=lesson, position=n, anchor=f"part-{n}", title=title, blocks=[], text=text)
    for term, aliases, definition in TERMS:
        make_term(term.lower().replace(" ", "-"), term, aliases=aliases, definition=definition)
    SearchEntry.objects.refresh()


def hits(query: str, learner: User | None = None) -> list[str]:
    page = search_page(query, learner)
    return [hit.title for hit in (*page.sections, *page.terms, *page.questions)]


QUEUES, RETRIES, DESTINATIONS = "Asynchronous › Dead-letter queues", "Asynchronous › Retries", "Asynchronous › Destinations"
REQUESTS, DURATION, XRAY = "Pricing › Requests", "Pricing › Duration", "Tracing › X-Ray"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("queue", [QUEUES, "Dead-letter queue"], id="a word, also as a plural"),
        pytest.param("queues", [QUEUES, "Dead-letter queue"], id="a plural, also as a singular"),
        pytest.param("QUEUE", [QUEUES, "Dead-letter queue"], id="capitals"),
        pytest.param("que", [QUEUES, "Dead-letter queue"], id="the beginning of the last word"),
        pytest.param("que try", [], id="not that of others"),
        pytest.param("retry", [RETRIES, "Retry"], id="retry finds retries"),
        pytest.param("retr", [RETRIES, REQUESTS, "Retry"], id="the title weighs more than the text"),
        pytest.param("retries", [RETRIES, "Retry"], id="and retries retry"),
        pytest.param("retri", [RETRIES, REQUESTS], id="half a plural"),
        pytest.param("dead-letter", [QUEUES, DESTINATIONS, "Dead-letter queue"], id="a compound, however it is written"),
        pytest.param("dead letter", [QUEUES, DESTINATIONS, "Dead-letter queue"], id="in two words"),
        pytest.param("deadletter", [QUEUES, DESTINATIONS, "Dead-letter queue"], id="in one word"),
        pytest.param("DeadLetterConfig", [DESTINATIONS], id="the name of a setting"),
        pytest.param("deadletterconfig", [DESTINATIONS], id="in small letters"),
        pytest.param('"letter dead"', [], id="a phrase keeps its order"),
        pytest.param("letter dead", [QUEUES, DESTINATIONS, "Dead-letter queue"], id="words do not"),
        pytest.param('"queues what"', [], id="no phrase runs from the title into the text"),
        pytest.param("failed -topic", ["Dead-letter queue"], id="without a word"),
        pytest.param("failure or tracing", [XRAY, DESTINATIONS], id="either"),
        pytest.param("destination failure or x-ray", [DESTINATIONS, XRAY], id="or parts groups"),
        pytest.param("what is the duration", [DURATION], id="little words are left out"),
        pytest.param("xray", [XRAY], id="x-ray"),
        pytest.param("10240", [DURATION], id="a number without its comma"),
        pytest.param("10,240", [DURATION], id="and with it"),
        pytest.param("cafe strasse", [XRAY], id="without accents"),
        pytest.param("Café Straße", [XRAY], id="with them"),
        pytest.param("pricing", [REQUESTS, DURATION], id="the lesson's name finds its sections, in their order"),
        pytest.param("asynchronous retries", [RETRIES], id="lesson and text together"),
        pytest.param("dlq", ["Dead-letter queue"], id="another name of a term"),
        pytest.param("zebra", [], id="nothing"),
        pytest.param("queue zebra", [], id="all have to be there"),
    ],
)
def test_the_same_small_corpus_gives_the_same_hits_in_the_same_order(corpus: None, query: str, expected: list[str]):
    assert hits(query) == expected


def test_an_excerpt_shows_what_was_found(corpus: None):
    [queues, destinations] = search_page("dead-letter", None).sections
    assert destinations.parts[1::2] == ("DeadLetter",)
    assert queues.parts[1::2] == (), "it stands in the title alone"
    [term] = search_page("dlq", None).terms
    assert term.parts[1::2] == ("DLQ",)


ODD = [
    "", "   ", '"', '""', "'", "\\", "%", "_", "*", "a*", "^queue", "queue^", "(", ")", "[", "]", "()", "{", "NEAR(queue try, 2)", "NOT", "AND queue",
    "queue NOT", "queue AND OR", "-", "--", "-queue", "- queue", "queue -", "title:queue", "quizzes_searchwords:x", "rank MATCH 1", '"queue', 'queue"',
    '"queue""try"', "queue;DROP TABLE quizzes_term;--", "' OR 1=1 --", "queue:*", "queue & try", "queue | try", "!queue", "<->", "'queue':*", ":*",
    "queue\0try", "\0", "İ", "ß", "ﬁ", "\N{ROCKET}", "\N{PILCROW SIGN}", "\u202equeue", "\ud7ff", "queue\n\ttry", "x" * 10_000, "queue " * 2_000, '"' * 10_000,
    "-a " * 3_000, "or " * 3_000, "a-b-" * 3_000, "é" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("query", ODD, ids=[repr(query)[:24] for query in ODD])
def test_nothing_that_is_typed_breaks_it(corpus: None, query: str):
    page = search_page(query, make_learner())
    assert page.found <= len(SECTIONS) + len(TERMS)
    assert SearchEntry.objects.count() == len(SECTIONS) + len(TERMS)


# -- the databases against the rules -----------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    ["queue", "queues", "que", "dead-letter", "deadletter", "DeadLetter", "letter", "dead", "10,240", "10240", "café", "x-ray", "X"]
)
_TEXTS = st.lists(_WORDS, max_size=6).map(" ".join)
_ASKED = st.lists(
    st.one_of(_WORDS, _WORDS.map(lambda w: f"-{w}"), _TEXTS.map(lambda t: f'"{t}"'), st.just("or")), min_size=1, max_size=5
).map(" ".join)


def there(wanted: Wanted, field: str) -> bool:
    """Whether one field of the index holds the words, read off the line itself."""
    words = field.split()
    ends = [(lambda word, end=wanted.stems[-1]: word == end)]
    if wanted.begun:
        ends.append(lambda word, end=wanted.raws[-1]: word.startswith(end))
    runs = [words[n : n + len(wanted.stems)] for n in range(len(words) - len(wanted.stems) + 1)]
    return any(run[:-1] == list(wanted.stems[:-1]) and any(end(run[-1]) for end in ends) for run in runs)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(_TEXTS, _TEXTS, _ASKED)
@example("dead", "letter", '"dead letter"')
@example("", "dead-letter deadletter", '"letter dead"')
def test_the_database_finds_what_the_rules_say(title: str, text: str, asked: str):
    query, fields = read_query(asked), (words_of(title).indexed(), words_of(text).indexed())
    expected = any(all(any(there(wanted, field) for field in fields) != wanted.without for wanted in group) for group in query.groups)
    with transaction.atomic():
        make_term("one", title, aliases=[], definition=text)
        SearchEntry.objects.refresh()
        assert (len(SearchEntry.objects.terms(query)) == 1) is expected
        transaction.set_rollback(True)


# -- kept in step ----------------------------------------------------------------------------------------------------


def test_an_index_in_step_is_left_alone(corpus: None):
    before = set(SearchEntry.objects.values_list("pk", flat=True))
    assert SearchEntry.objects.refresh() == 0
    assert set(SearchEntry.objects.values_list("pk", flat=True)) == before
    assert SearchEntry.objects.rebuild() == len(before)
    assert hits("queue") == [QUEUES, "Dead-letter queue"]


def test_what_changed_is_found_as_it_is_and_what_went_no_more(corpus: None):
    Term.objects.filter(slug="alias").update(definition="It points to a zebra.")
    LessonSection.objects.filter(title="X-Ray").delete()
    assert SearchEntry.objects.refresh() == 1
    assert hits("zebra") == ["Alias"]
    assert hits("tracing") == []


def test_entries_that_came_without_their_words_are_written_anew(corpus: None):
    """As after a restore, which brings rows of tables and nothing beside them."""
    assert not SearchEntry.objects.is_behind()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE quizzes_searchentry SET vector = NULL" if connection.vendor == "postgresql" else "DELETE FROM quizzes_searchwords"
        )
    assert hits("queue") == []
    assert SearchEntry.objects.is_behind()
    assert SearchEntry.objects.refresh() == len(SECTIONS) + len(TERMS)
    assert hits("queue") == [QUEUES, "Dead-letter queue"]
    LessonSection.objects.filter(title="X-Ray").update(id=10**6)
    assert SearchEntry.objects.is_behind()


def test_code_that_knows_no_index_can_delete_what_stands_in_it(corpus: None):
    """As a server of the version before does, while the new one is put in place."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM quizzes_lessonsection WHERE title = 'X-Ray'")
        cursor.execute("DELETE FROM quizzes_term WHERE slug = 'alias'")
    assert hits("tracing or alias") == []
    SearchEntry.objects.refresh()
    assert SearchEntry.objects.count() == len(SECTIONS) + len(TERMS) - 2


# -- questions -------------------------------------------------------------------------------------------------------


def see(learner: User, question: Question) -> None:
    Seen.objects.create(learner=learner, question=question, first_at=T0, last_at=T0, first_fraction=1.0, last_fraction=1.0)


def ready(**values: Any) -> Question:
    """A question that can be published as it is written."""
    return make_question(item=make_item(topic=make_topic().slug), **values)


def test_publishing_brings_the_index_in_step():
    learner, question = make_learner(), ready()
    see(learner, question)
    SearchEntry.objects.refresh()
    assert len(search_page("partner", learner).questions) == 1
    Question.objects.filter(pk=question.pk).update(stem="A zebra starts a function whose partner is down for an hour. What keeps it?")
    assert search_page("zebra", learner).questions == [], "the working copy is nobody's business"
    bank.publish_version(question=question, by=None, now=T0)
    [hit] = search_page("zebra partner", learner).questions
    assert hit.parts[1::2] == ("zebra", "partner")
    assert SearchEntry.objects.filter(version__question=question).count() == 1


def test_an_entry_that_is_behind_shows_nothing_of_the_old_wording():
    learner, question = make_learner(), ready()
    see(learner, question)
    SearchEntry.objects.refresh()
    make_version(question=question, item=make_item(stem="Which zebra keeps it?"), number=2)
    assert search_page("partner", learner).questions == []
    SearchEntry.objects.refresh()
    assert len(search_page("zebra", learner).questions) == 1


def test_nothing_of_key_rationale_or_options_is_indexed():
    question = ready()
    SearchEntry.objects.refresh()
    entry = SearchEntry.objects.get(version=question.current)
    assert question.current is not None
    said = set(words_of(question.current.item.stem).indexed().split()) | set(words_of(question.topic.title).indexed().split())
    assert set(f"{entry.title_words} {entry.body_words}".split()) == said


def test_it_costs_a_statement_for_each_kind_however_much_is_found(corpus: None, django_assert_num_queries: Any):
    learner = make_learner()
    for number in (0, 40):
        for question in [ready() for _ in range(number)]:
            see(learner, question)
        SearchEntry.objects.refresh()
        with django_assert_num_queries(3):
            search_page("partner or queue", learner)
    with django_assert_num_queries(0):
        search_page("   ", learner)
