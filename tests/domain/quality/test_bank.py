"""The figures of a whole bank: small cases by hand, a planted giveaway that must show, and the same bank with its keys dealt anew."""

from __future__ import annotations

import random
from dataclasses import replace

import msgspec
import pytest

from quizzes.domain.quality import BankReport, Entry, Metric, lint
from quizzes.domain.quality.bank import chi_square_tail
from tests.domain.quality.clean import clean_items, make

PLAIN = "Which thing does the librarian put on the shelf in room {}, {} {} {}?"
_NAMES = [
    f"{a}{b}"
    for a in ("bel", "cor", "dun", "far", "gil", "hos", "kem", "lor")
    for b in ("dan", "fort", "mere", "nach", "pol", "rick", "tane", "vil")
]


def entry(name: str, *options: str, stem: str = "", family: str = "", in_exams: bool = True, **values: object) -> Entry:
    stem = stem or f"Which thing does the librarian of {name} put on the shelf?"
    return Entry(name, family or name, make(stem, options, **values), in_exams=in_exams)  # type: ignore[arg-type]


def figure(report: BankReport, start: str) -> Metric:
    [found] = [metric for metric in report.metrics if metric.name.startswith(start)]
    return found


# -- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "df", "p"),
    [(3.841, 1, 0.05), (6.635, 1, 0.01), (5.991, 2, 0.05), (7.815, 3, 0.05), (11.345, 3, 0.01), (0.352, 3, 0.95), (9.488, 4, 0.05), (13.277, 4, 0.01), (0, 3, 1)],
)  # fmt: skip
def test_chi_square_by_the_table(x, df, p):
    """Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.8."""
    assert chi_square_tail(x, df=df) == pytest.approx(p, abs=2e-4)


def test_figures_of_three_questions():
    bank = [
        entry("a", "*Ten signs.", "Five", "Nine sign", "Three", level="remember"),
        entry("b", "Map", "*Cup", "Pen", "Jar"),
        entry("c", "*Map", "*Cup", "Pen", "Jar", "Hat", kind="multiple", stem="Which things does the carpenter not burn? (Select TWO.)"),
    ]
    report = lint(bank)
    assert (report.items, report.counts["type"]) == (3, {"multiple": 1, "single": 2})
    assert report.counts["level"] == {"apply": 2, "remember": 1}
    assert figure(report, "length of key").value == pytest.approx((10 / 6 + 1) / 2)
    assert figure(report, "the same in multiple").value == 1
    assert figure(report, "share of negative").value == pytest.approx(1 / 3)
    assert figure(report, "share at the level remember").verdict == "fail"
    assert figure(report, "errors").value == 1  # the quiet "not"
    assert figure(report, "warnings per item").value == pytest.approx(1 / 3)  # the full stop of one option alone
    assert figure(report, "key is option 1").value == 0.5
    assert not report.holds


def test_absolutes_in_distractors_less_keys():
    report = lint([entry("a", "*Cup", "Only maps", "All pens", "Jar"), entry("b", "*Every cup", "Map", "Pen", "Jar")])
    assert figure(report, "absolute terms").value == pytest.approx(2 / 6 - 1 / 2)


def test_places_of_keys():
    report = lint(
        [
            entry(f"q{n}", *[("*" if place == n % 2 else "") + text for place, text in enumerate(["Cup", "Map", "Pen", "Jar"])])
            for n in range(8)
        ]
    )
    assert figure(report, "places of keys: p").value == pytest.approx(chi_square_tail(8, df=3))  # 4, 4, 0, 0 where 2 each are expected
    assert figure(report, "places of keys: the commonest").value == 2


def test_few_questions_prove_nothing():
    report = lint([entry("a", "*Cup", "Map", "Pen", "Jar")])
    assert {figure(report, start).verdict for start in ("key is the longest", "key is option 1", "the blind guesser")} == {"inconclusive"}
    assert "too few" in figure(report, "key is the longest").note


def test_an_empty_bank_is_no_fault():
    assert lint([]).holds


# -- asked twice -----------------------------------------------------------------------------------------------------

ONE = "An upload starts a function and its partner is down for an hour. What keeps every failed event?"
OTHER = "An upload starts a function and its partner is down for an hour. What keeps each failed event?"
FAR = "Which pricing dimension of a function grows with the memory that it is given by its author?"


def test_a_pair_counts_by_how_alike_it_is():
    others = [entry(f"x{n}", "*Cup", "Map", "Pen", "Jar", stem=f"{FAR[:-1]} in {name}?") for n, name in enumerate(_NAMES[:3])]
    same = lint([entry("a", "*Cup", "Map", "Pen", "Jar", stem=ONE), entry("b", "*Cup", "Map", "Pen", "Jar", stem=ONE)])
    assert (figure(same, "pairs of stems").value, figure(same, "pairs of stems").verdict) == (1, "fail")
    near = lint([entry("a", "*Cup", "Map", "Pen", "Jar", stem=ONE), entry("b", "Cup", "*Map", "Pen", "Jar", stem=OTHER), *others[:1]])
    assert [(pair.one, pair.other, pair.why) for pair in near.pairs] == [("a", "b", "alike")]
    assert figure(near, "pairs with cosine").verdict == "information"


def test_one_family_may_ask_alike():
    report = lint(
        [entry("a", "*Cup", "Map", "Pen", "Jar", stem=ONE, family="f"), entry("b", "*Cup", "Map", "Pen", "Jar", stem=ONE, family="f")]
    )
    assert (report.pairs, figure(report, "pairs of stems").value) == ([], 0)


def test_a_key_that_another_stem_states():
    key = "*A destination that keeps each failed event with its error"
    given_away = entry(
        "a", key, "Map", "Pen", "Jar", stem="A function fails at night for an hour. What should the team add for later inspection?"
    )
    telling = entry(
        "b", "*Cup", "Map", "Pen", "Jar",
        stem="A team added a destination that keeps each failed event with its error when a function fails at night. What is it called?",
    )  # fmt: skip
    rules = {name: [found.rule for found in rows] for name, rows in lint([given_away, telling]).findings.items()}
    assert "L16" in rules["a"]
    assert "L16" not in rules.get("b", [])
    for harmless in (replace(telling, family="a"), replace(telling, in_exams=False)):
        assert "L16" not in [found.rule for rows in lint([given_away, harmless]).findings.values() for found in rows]


def test_twenty_planted_keys_are_found():
    drafts = [item for item in clean_items() if item.type == "single" and len(item.options[1].text) > 12][:20]
    missed = 0
    for n, item in enumerate(drafts):
        key = next(option for option in item.options if option.key)
        long = msgspec.structs.replace(key, text=f"{key.text} behind the copper {_NAMES[n]} gate with seven golden keyholes")
        options = tuple(long if option.key else option for option in item.options)
        question = Entry("a", "a", msgspec.structs.replace(item, options=options))
        told = f"{item.stem.split('. ')[0].rstrip('?.')}: {long.text[0].lower()}{long.text[1:]}."
        other = entry("b", "*Cup", "Map", "Pen", "Jar", stem=f"{told} Who wrote the manual of it?")
        missed += "L16" not in [found.rule for found in lint([question, other]).findings.get("a", [])]
    assert missed <= 1


def test_good_questions_state_no_key_of_each_other():
    report = lint([Entry(f"q{n}", f"q{n}", item) for n, item in enumerate(clean_items())])
    assert [name for name, rows in report.findings.items() if "L16" in {found.rule for found in rows}] == []
    assert report.pairs == []


# -- a planted bank --------------------------------------------------------------------------------------------------


def bank_of(*, longest: float, seed: int, count: int = 200) -> list[Entry]:
    """The same options of made-up words in every bank; the longest of four is the key in this share of the items."""
    words, dice = random.Random(0), random.Random(seed)
    bank = []
    for n in range(count):
        options = [" ".join(words.sample(_NAMES, length)) for length in (2, 3, 3, 4)]
        words.shuffle(options)
        long = max(range(4), key=lambda place: len(options[place]))
        key = long if dice.random() < longest else dice.choice([place for place in range(4) if place != long])
        marked = [("*" if place == key else "") + text for place, text in enumerate(options)]
        bank.append(entry(f"q{n:03}", *marked, stem=PLAIN.format(n, *words.sample(_NAMES, 3))))
    return bank


@pytest.fixture(scope="module")
def telling() -> BankReport:
    return lint(bank_of(longest=0.45, seed=1))


@pytest.fixture(scope="module")
def dealt_anew() -> BankReport:
    return lint(bank_of(longest=0.25, seed=1))


def test_a_bank_whose_keys_are_long_fails(telling):
    assert figure(telling, "key is the longest").verdict == "fail"
    assert figure(telling, "key is the longest").value == pytest.approx(0.45, abs=0.07)
    assert figure(telling, "the blind guesser").verdict == "fail"
    assert not telling.holds


def test_the_same_options_with_other_keys_pass(dealt_anew):
    cues = [metric for metric in dealt_anew.metrics if metric.name.startswith(("key is", "the blind guesser", "places of keys"))]
    assert len(cues) == 14
    assert {metric.name for metric in cues if metric.verdict != "pass"} == set()


def test_a_cue_has_all_that_a_reader_asks_for(telling):
    longest = figure(telling, "key is the longest")
    assert (longest.n, longest.bar) == (200, "0.250 ± 0.061")  # 2 SE = 2 √(.25 × .75 / 200)
    assert "beyond chance" in figure(telling, "the blind guesser").note
    led = [guess.cue for guess in telling.guesses if guess.credit == 1]
    assert max(set(led), key=led.count) in ("length", "is longest")
