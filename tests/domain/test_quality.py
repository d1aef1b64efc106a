"""Each rule finds its flaw, and leaves a clean neighbour alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.domain.items import OPTION_IDS, Item, Option, Source
from quizzes.domain.quality import duplicate_pairs, errors, findings, near_duplicates, shown

STEM = "An upload starts a function asynchronously and its partner is down for an hour. What keeps every failed event for later?"
TEXTS = [
    "Raise the visibility timeout of the queue",
    "Add an on-failure destination to the function",
    "Give the function twice the memory it has now",
    "Send the event through a second topic first",
]
FIVE = [*TEXTS, "Lower the batch size of the mapping by half"]
SIX = [*FIVE, "Turn on active tracing for the function"]
GOOD_SOURCE = Source(title="Guide", url="https://docs.aws.amazon.com/lambda/", checked=date(2026, 11, 23))


def make(
    *, kind="single", stem=STEM, texts=TEXTS, keys="b", whys=None, sources=(GOOD_SOURCE,), **values
) -> Item:  # fmt: skip
    return Item(
        type=kind, stem=stem,
        options=tuple(
            Option(id=OPTION_IDS[n], text=text, key=OPTION_IDS[n] in keys, why=whys[n] if whys else "It says why this holds here.")
            for n, text in enumerate(texts)
        ),
        objective="async-behaviour", topic="invocation-async", domain="resilient", level="apply", difficulty=2, sources=sources, **values,
    )  # fmt: skip


def multiple(**values) -> Item:
    return make(**{"kind": "multiple", "stem": f"{STEM} (Select TWO.)", "texts": FIVE, "keys": "ac", **values})


def rules(item: Item) -> list[tuple[str, str, str]]:
    return [(found.rule, found.level, found.field) for found in findings(item)]


CLEAN = [
    pytest.param(make(), id="single choice"),
    pytest.param(make(texts=TEXTS[:3]), id="three options"),
    pytest.param(make(texts=FIVE), id="five options"),
    pytest.param(multiple(), id="two of five"),
    pytest.param(multiple(texts=SIX), id="two of six"),
    pytest.param(multiple(texts=SIX, keys="ace", stem=f"{STEM} (Select THREE.)"), id="three of six"),
    pytest.param(make(stem="Which of the four settings keeps a failed event for later?"), id="a short question"),
    pytest.param(make(stem="Choose the setting that keeps every failed event for later."), id="a directive"),
    pytest.param(make(stem=f"The queue does not fill. {STEM}"), id="a negative in the scenario"),
    pytest.param(make(stem="Which of these needs does a destination meet but not a dead-letter queue?"), id="a comparison"),
    pytest.param(make(stem="Which setting makes sure that a failed event is not lost for ever?"), id="a negative in a clause of its own"),
    pytest.param(
        make(texts=["Only the caller tries again", "Only the service tries now", "Never on its own account", "Always, until it expires"]),
        id="absolute words in every option",
    ),
    pytest.param(make(texts=["`*`", "`?`", "`**`", "`.`"]), id="options of signs alone"),
    pytest.param(make(texts=["`>`", "`<`", "`>=`", "`<=`"]), id="comparisons"),
    pytest.param(make(texts=["-1", "1", "1.5", "15"]), id="numbers that differ by a sign"),
    pytest.param(make(texts=["3 seconds", "6 seconds", "15 minutes", "1 hour"]), id="short options"),
]


@pytest.mark.parametrize("item", CLEAN)
def test_a_clean_item_is_left_alone(item):
    assert rules(item) == []


FLAWED = [
    pytest.param(make(keys=""), ("key", "error", "options"), id="no key"),
    pytest.param(make(keys="bc"), ("key", "error", "options"), id="two keys in single choice"),
    pytest.param(multiple(keys="a"), ("key", "error", "options"), id="one key in a multiple response"),
    pytest.param(multiple(keys="abcde"), ("key", "error", "options"), id="every option a key"),
    pytest.param(make(texts=TEXTS[:2]), ("L10", "error", "options"), id="two options"),
    pytest.param(make(texts=SIX), ("L10", "error", "options"), id="six options in single choice"),
    pytest.param(multiple(texts=TEXTS), ("L10", "error", "options"), id="four options in a multiple response"),
    pytest.param(multiple(texts=[*SIX, "Do nothing and wait an hour"]), ("L10", "error", "options"), id="seven options"),
    pytest.param(make(texts=[*TEXTS[:3], "  "]), ("L10", "error", "option-3"), id="an empty option"),
    pytest.param(make(texts=[*TEXTS[:3], "raise the Visibility Timeout of the queue."]), ("L10", "error", "option-3"), id="the same option twice"),
    pytest.param(make(texts=["`*`", "`?`", "`*`", "`.`"]), ("L10", "error", "option-2"), id="the same sign twice"),
    pytest.param(multiple(stem=STEM), ("L14", "error", "stem"), id="how many to select is not said"),
    pytest.param(multiple(stem=f"{STEM} (Select THREE.)"), ("L14", "error", "stem"), id="another number is said"),
    pytest.param(make(stem=f"{STEM} (Select TWO.)"), ("L14", "error", "stem"), id="single choice asks for two"),
    pytest.param(make(stem="What is Lambda?"), ("L11", "error", "stem"), id="five words"),
    pytest.param(make(stem="The setting of the function that keeps failed events"), ("L11", "warning", "stem"), id="nothing is asked"),
    pytest.param(make(stem=f"{'The upload starts a function. ' * 24}{STEM}"), ("L17", "warning", "stem"), id="over 120 words"),
    pytest.param(make(stem="Which of these settings does not keep a failed event?"), ("L02", "error", "stem"), id="a quiet negative"),
    pytest.param(make(stem="Which of these settings does NOT keep a failed event?"), ("L02", "warning", "stem"), id="a negative in capitals"),
    pytest.param(make(stem="Which of these settings does **not** keep failed events?"), ("L02", "warning", "stem"), id="a negative in bold"),
    pytest.param(make(stem="All of these keep a failed event except which one?"), ("L02", "error", "stem"), id="except"),
    pytest.param(
        multiple(stem="Which settings do not keep a failed event for later? (Select TWO.)"), ("L02", "error", "stem"),
        id="a quiet negative before the number",
    ),
    pytest.param(make(sources=()), ("L15", "error", "sources"), id="no source"),
    pytest.param(
        make(sources=(Source(title="G", url="http://docs.aws.amazon.com/", checked=date(2026, 1, 1)),)), ("L15", "error", "sources"),
        id="a source without https",
    ),
    pytest.param(
        make(sources=(Source(title="G", url="javascript:alert(1)", checked=date(2026, 1, 1)),)), ("L15", "error", "sources"),
        id="a source that is no address",
    ),
    pytest.param(make(whys=["It says why."] * 3 + [""]), ("L15", "error", "option-3"), id="a rationale is missing"),
    pytest.param(make(whys=["Wrong, sorry."] + ["It says why."] * 3), ("L15", "error", "option-0"), id="a rationale of two words"),
    pytest.param(make(texts=[*TEXTS[:3], "All of the above"]), ("L01", "error", "option-3"), id="all of the above"),
    pytest.param(make(texts=[*TEXTS[:3], "None of the other options"]), ("L01", "error", "option-3"), id="none of the other options"),
    pytest.param(make(texts=[*TEXTS[:3], "Both A and C"]), ("L01", "error", "option-3"), id="both A and C"),
    pytest.param(make(texts=[*TEXTS[:3], "B and D together"]), ("L01", "error", "option-3"), id="B and D"),
    pytest.param(
        make(texts=["Only the caller tries again", "Two more tries, then the destination", "Never on its own account", "A minute's wait"]),
        ("L03", "error", "options"), id="absolute words in wrong options alone",
    ),
    pytest.param(
        make(texts=["Only the caller tries again", "Two more tries, only then the destination", "On its own account", "A minute's wait"]),
        ("L03", "warning", "options"), id="absolute words in the key as well",
    ),
    pytest.param(
        make(texts=["A queue", "A destination for failed events, which keeps the event with its error", "A topic", "A retry"]),
        ("L04", "error", "option-1"), id="the key is much the longest",
    ),
    pytest.param(
        make(texts=[TEXTS[0] + ", then its retention period, then the batch window, then the number of receives of each one", *TEXTS[1:]]),
        ("L05", "warning", "options"), id="one option is very long",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("item", "finding"), FLAWED)
def test_the_flaw_is_found(item, finding):
    assert finding in rules(item)


@pytest.mark.parametrize(("item", "finding"), FLAWED)
def test_a_flaw_is_said_in_a_sentence(item, finding):
    for found in findings(item):
        assert found.message.endswith(".")
        assert not found.message[0].islower()


def test_every_rule_has_a_flaw_here():
    """The ids that learning.md gives and this room has; whoever adds a rule adds its flaw."""
    assert {finding.values[1][0] for finding in FLAWED} == {"key", "L01", "L02", "L03", "L04", "L05", "L10", "L11", "L14", "L15", "L17"}


def test_errors_come_first_and_stand_alone():
    item = make(keys="", sources=(), stem="Which of these settings does NOT keep a failed event?")
    levels = [found.level for found in findings(item)]
    assert levels == sorted(levels)
    assert "warning" in levels
    assert {found.level for found in errors(item)} == {"error"}


def test_length_is_what_a_person_reads():
    link = "[the queue](https://docs.aws.amazon.com/a/very/long/address/that/nobody/reads/on/the/page)"
    assert shown(Option(id="a", text=f"Ask {link} and `wait`", why="")) == "Ask the queue and wait"
    assert rules(make(texts=["A topic for alarms", f"The place {link}", "A retry by hand", "A second try"])) == []


# -- near-duplicates -------------------------------------------------------------------------------------------------

STEMS = {
    "one": "An upload starts a function and its partner is down for an hour. What keeps every failed event?",
    "two": "An upload starts a function and its partner is down for an hour. What keeps each failed event?",
    "three": "Which pricing dimension of Lambda grows with the memory that a function is given?",
    "four": "A team runs a workflow for a year and wants its history. Which type of workflow fits?",
}


def test_a_near_duplicate_is_found_and_named():
    [(one, other, cosine)] = duplicate_pairs(STEMS, threshold=0.8)
    assert {one, other} == {"one", "two"}
    assert 0.8 <= cosine < 1


def test_a_word_for_word_duplicate_is_certain():
    [(_, _, cosine)] = duplicate_pairs({"a": STEMS["one"], "b": STEMS["one"].upper(), "c": STEMS["three"]})
    assert cosine == pytest.approx(1)


def test_different_stems_are_no_pair():
    assert duplicate_pairs({name: STEMS[name] for name in ("one", "three", "four")}) == []
    assert near_duplicates(STEMS["one"], {"three": STEMS["three"], "four": STEMS["four"]}) == []


@pytest.mark.parametrize("stems", [{}, {"a": "alone"}, {"a": "", "b": ""}])
def test_nothing_to_compare(stems):
    assert duplicate_pairs(stems) == []
    assert near_duplicates("", stems) == []


_WORDS = st.sampled_from(["queue", "event", "function", "retry", "topic", "memory", "cost", "deadline", "batch", "role"])


@given(st.lists(st.lists(_WORDS, max_size=8).map(" ".join), min_size=2, max_size=8), st.sampled_from([0.3, 0.6, 0.9]))
def test_asking_for_one_and_asking_for_all_agree(texts, threshold):
    """Both measures are the same: a pair is near in one if it is near in the other, with the same cosine."""
    stems = {f"q{n}": text for n, text in enumerate(texts)}
    pairs = {frozenset((a, b)): cosine for a, b, cosine in duplicate_pairs(stems, threshold=threshold)}
    singly: dict[frozenset[str], float] = {}
    for name, stem in stems.items():
        for other, cosine in near_duplicates(stem, {n: s for n, s in stems.items() if n != name}, threshold=threshold):
            singly[frozenset((name, other))] = cosine
    close_call = {pair for pair in pairs.keys() ^ singly.keys() if abs(pairs.get(pair, singly.get(pair, 0)) - threshold) < 1e-9}
    assert pairs.keys() - close_call == singly.keys() - close_call
    for pair in pairs.keys() & singly.keys():
        assert pairs[pair] == pytest.approx(singly[pair])
