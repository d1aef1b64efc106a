"""How text is cut into words, what a query asks for, how matches are ordered, and the words around them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quizzes.domain.search import AROUND, LONGEST, MOST_WORDS, Entry, excerpt, for_postgres, for_sqlite, rank, read_query, vector, words_of


def titles(query, entries):
    made = [Entry(title, f"/{title}/", text, words_of(title).indexed(), words_of(text).indexed()) for title, text in entries]
    return [hit.title for hit in rank(read_query(query), made)]


# -- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("A queue waits.", "a queue wait ¶ waits"),
        ("dead-letter queues", "dead letter queue ¶ deadletter queues"),
        ("GetFunction, SQSQueue", "get function sqs queue ¶ getfunction sqsqueue"),
        ("X-Ray and 10,240 MB", "x ray and 10 240 mb ¶ xray 10240"),
        ("lambda:InvokeFunction", "lambda invoke function ¶ lambdainvokefunction"),
        ("$LATEST my_name", "latest my name ¶ myname"),
        ("Straße, ﬁne, café, ÉCOLE", "strasse fine cafe ecole"),
        ("retries policies ties", "retry policy tie ¶ retries policies ties"),
        ("classes caches batches status analysis boss", "class cache batch status analysis boss ¶ classes caches batches"),
        ("", ""),
        ("%&/()=?\"'\\\0 \N{ROCKET}", ""),
    ],
)  # fmt: skip
def test_text_is_cut_into_words(text, indexed):
    assert words_of(text).indexed() == indexed


def test_a_run_of_letters_without_end_is_indexed_by_its_beginning():
    assert words_of("x" * 10_000).indexed() == "x" * LONGEST


@given(st.text())
@example("İ")
@example("ß-ß")
def test_words_hold_nothing_that_a_database_could_take_for_an_order(text):
    words = words_of(text)
    for word in (*words.line, *words.others):
        assert word.raw.isalnum()
        assert word.stem.isalnum()
        assert len(word.raw) <= LONGEST
        assert text[word.start : word.end]
    places = [(word.start, word.end) for word in words.line]
    assert places == sorted(places)


# -- queries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sqlite", "postgres"),
    [
        pytest.param('"queue"', '(("queue"))', "((('queue')))", id="a word"),
        pytest.param("queu", '((("queu" OR "queu" *)))', "(((('queu') | ('queu':*))))", id="the last word may be unfinished"),
        pytest.param("q", '(("q"))', "((('q')))", id="but a single letter stands for itself"),
        pytest.param("retries wai", '(("retry" AND ("wai" OR "wai" *)))', "((('retry') & (('wai') | ('wai':*))))", id="all have to be there"),
        pytest.param('"dead letter" -queue', '(("dead letter") NOT "queue")', "((('dead' <-> 'letter')) & !('queue'))", id="together, and without"),
        pytest.param('dead-letter ""', '(("dead letter"))', "((('dead' <-> 'letter')))", id="a compound is a phrase"),
        pytest.param('sync or "async"', '(("sync")) OR (("async"))', "((('sync'))) | ((('async')))", id="either"),
        pytest.param('how does a "queue"', '(("queue"))', "((('queue')))", id="little words are left out"),
        pytest.param('"a"', '(("a"))', "((('a')))", id="unless there are no others"),
        pytest.param("or", '((("or" OR "or" *)))', "(((('or') | ('or':*))))", id="nothing on either side"),
    ],
)  # fmt: skip
def test_what_is_typed_becomes_a_query_of_both_databases(typed, sqlite, postgres):
    query = read_query(typed)
    assert for_sqlite(query) == sqlite
    assert for_postgres(query) == postgres


@pytest.mark.parametrize("typed", ["", "   ", '"', '""', "-", "-queue", "--", "$ % &", "\0", "NEAR(", "'", "\\", "*", "^", ":"])
def test_what_asks_for_nothing_is_no_query(typed):
    assert bool(read_query(typed)) == (typed == "NEAR(")


def test_words_beyond_the_eighth_are_left_out():
    [group] = read_query(" ".join(f"word{n}" for n in range(50))).groups
    assert len(group) == MOST_WORDS
    assert not any(wanted.begun for wanted in group), "the last one of these was not the last that was typed"


def test_a_vector_keeps_places_and_the_weight_of_the_title():
    assert vector("dead letter", "letter box ¶ boxes") == "'dead':1A 'letter':2A,13 'box':14 'boxes':16"


# -- order -----------------------------------------------------------------------------------------------------------


def test_a_word_in_the_title_weighs_more():
    assert titles("queue", [("Other", "a queue queue queue"), ("The queue", "nothing")]) == ["The queue", "Other"]


def test_a_whole_word_weighs_more_than_its_beginning():
    assert titles("sync", [("One", "synchronous synchronous"), ("Two", "sync here, once more: sync")]) == ["Two", "One"]


def test_a_word_repeated_without_end_does_not_win_for_ever():
    assert titles("retry", [("A", "retry " * 500), ("Retry", "")]) == ["Retry", "A"]


def test_a_plural_weighs_as_its_singular():
    assert titles("queues", [("One", "queue"), ("Two", "queues queues")]) == ["Two", "One"]
    assert titles('"queues"', [("One", "queue"), ("Two", "queues")]) == ["One", "Two"]


def test_equals_keep_their_order():
    assert titles("x", [("B", "x"), ("A", "x"), ("C", "x")]) == ["B", "A", "C"]


# -- excerpt ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        pytest.param("queue", "A queue waits.", ("A ", "queue", " waits."), id="every second piece is a match"),
        pytest.param("queue", "Queue and QUEUES", ("", "Queue", " and ", "QUEUES", ""), id="whatever the case and number"),
        pytest.param("dead-letter", "a dead letter, a dead duck", ("a ", "dead letter", ", a dead duck"), id="a phrase is marked as one"),
        pytest.param("deadlet", "a dead-letter queue", ("a ", "dead-letter", " queue"), id="a compound typed as one word"),
        pytest.param("que", "a queue", ("a ", "queue", ""), id="a word that is not finished"),
        pytest.param("que wait", "a queue", ("a queue",), id="only the last one may be"),
        pytest.param("a.b", "axb a.b", ("axb ", "a.b", ""), id="no pattern of the reader's own"),
        pytest.param("function", "GetFunction", ("Get", "Function", ""), id="inside a name"),
        pytest.param("cafe", "ein Café hier", ("ein ", "Café", " hier"), id="accents"),
        pytest.param("queue -dead", "dead queue", ("dead ", "queue", ""), id="what is left out is not marked"),
        pytest.param("nowhere", "Some text", ("Some text",), id="a match in the title alone"),
        pytest.param("x", "", ("",), id="no text"),
        pytest.param("", "Some text", ("Some text",), id="nothing asked"),
    ],
)
def test_the_excerpt(query, text, expected):
    assert excerpt(read_query(query), text) == expected


def test_a_long_text_is_cut_around_the_first_match():
    pieces = excerpt(read_query("needle"), "hay " * 200 + "needle" + " hay" * 200)
    assert pieces[1] == "needle"
    assert pieces[0].startswith("… ")
    assert pieces[-1].endswith(" …")
    assert AROUND <= len("".join(pieces)) <= 3 * AROUND + 4


def test_no_word_is_cut_in_half_at_either_end():
    pieces = excerpt(read_query("needle"), "haystack " * 60 + "needle" + " haystack" * 60)
    assert set("".join(pieces).split()) == {"…", "haystack", "needle"}
    assert excerpt(read_query("needle"), "x" * 300 + " needle " + "y" * 300)[1] == "needle"  # one endless word is cut all the same


@given(st.text(), st.text())
def test_nothing_that_is_typed_breaks_it(typed, text):
    query = read_query(typed)
    for_sqlite(query), for_postgres(query)
    pieces = excerpt(query, text)
    assert len(pieces) % 2 == 1
    assert "".join(pieces).removeprefix("… ").removesuffix(" …") in text
