"""QTI 2.x, 3.0 and 1.2, case by case."""

from __future__ import annotations

import io
import zipfile

import pytest

from quizzes.domain.exchange import Draft, Unreadable, read, write
from tests.domain.exchange.reading import one, options, package, said
from tests.factories import T0, make_item

SPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def declared(values: str, cardinality: str = "single", base: str = "identifier", more: str = "") -> str:
    correct = "".join(f"<value>{value}</value>" for value in values.split(";") if value)
    return f'<responseDeclaration identifier="RESPONSE" cardinality="{cardinality}" baseType="{base}"><correctResponse>{correct}</correctResponse>{more}</responseDeclaration>'


def item(declaration: str, body: str, after: str = "", attributes: str = "") -> str:
    return f'<?xml version="1.0"?>\n<assessmentItem xmlns="{SPACE}" identifier="i" title="T" {attributes}>{declaration}<itemBody>{body}</itemBody>{after}</assessmentItem>'


def choices(names: str = "ABCD", tag: str = "simpleChoice") -> str:
    return "".join(f'<{tag} identifier="{name}">{name.lower()}</{tag}>' for name in names)


def asked(kind: str, inner: str) -> str:
    return f'<{kind}Interaction responseIdentifier="RESPONSE"><prompt>What <b>now</b>?</prompt>{inner}</{kind}Interaction>'


MAPPING = (
    '<mapping><mapEntry mapKey="A" mappedValue="1"/><mapEntry mapKey="B" mappedValue="1"/><mapEntry mapKey="C" mappedValue="-1"/></mapping>'
)
EQUAL = '<responseProcessing><responseCondition><responseIf><equal toleranceMode="absolute" tolerance="0.1 0.1"><variable identifier="RESPONSE"/></equal></responseIf></responseCondition></responseProcessing>'
COMPARED = '<responseProcessing><responseCondition><responseIf><match><variable identifier="RESPONSE"/><baseValue baseType="identifier">C</baseValue></match><setOutcomeValue identifier="SCORE"/></responseIf></responseCondition></responseProcessing>'
ENTRY = '<p>How many?</p><p><textEntryInteraction responseIdentifier="RESPONSE"/></p>'


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        pytest.param(item(declared("B"), asked("choice", choices())), "single", [("a", False), ("b", True), ("c", False), ("d", False)], id="single"),
        pytest.param(item(declared("A;C", "multiple"), asked("choice", choices())), "multiple", [("a", True), ("b", False), ("c", True), ("d", False)], id="multiple"),
        pytest.param(item(declared("", "multiple", more=MAPPING), asked("choice", choices())), "multiple", [("a", True), ("b", True), ("c", False), ("d", False)], id="key by mapping"),
        pytest.param(item(declared(""), asked("choice", choices()), COMPARED), "single", [("a", False), ("b", False), ("c", True), ("d", False)], id="key by scoring"),
        pytest.param(item(declared("C;A;B", "ordered"), asked("order", choices("ABC"))), "ordering", [("c", False), ("a", False), ("b", False)], id="order"),
        pytest.param(item(declared("2.5", base="float"), ENTRY, EQUAL), "numeric", [("2.5", True)], id="number"),
    ],
)  # fmt: skip
def test_version_2(text: str, kind: str, expected: list[tuple[str, bool]]):
    parsed = one("qti", text)
    assert options(parsed) == expected
    assert parsed.draft is not None
    assert parsed.draft.item.type == kind


def test_feedback_inline_and_modal_become_rationales():
    body = asked(
        "choice",
        choices().replace(
            "a<", 'a<feedbackInline outcomeIdentifier="F" identifier="A" showHide="show">because <i>so</i></feedbackInline><', 1
        ),
    )
    modal = '<modalFeedback outcomeIdentifier="F" identifier="B" showHide="show"><p>not that</p></modalFeedback>'
    parsed = one("qti", item(declared("A"), body, modal))
    assert parsed.draft is not None
    assert [option.why for option in parsed.draft.item.options] == ["because *so*", "not that", "", ""]
    assert options(parsed)[0] == ("a", True)
    assert parsed.draft.item.stem == "What **now**?"


def test_a_tolerance_is_read():
    parsed = one("qti", item(declared("2.5", base="float"), ENTRY, EQUAL))
    assert parsed.draft is not None
    assert parsed.draft.item.tolerance == "0.1"


def test_associate_is_asked_as_matching():
    parsed = one("qti", item(declared("A C;B D", "multiple", "pair"), asked("associate", choices("ABCDE", "simpleAssociableChoice"))))
    assert parsed.draft is not None
    assert [(option.text, option.match) for option in parsed.draft.item.options] == [("a", "c"), ("b", "d")]
    assert parsed.draft.item.targets_extra == ("e",)


MATCH_3 = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0" identifier="m" title="Match" time-dependent="false">
<qti-response-declaration identifier="RESPONSE" cardinality="multiple" base-type="directedPair"><qti-correct-response><qti-value>A X</qti-value><qti-value>B Y</qti-value></qti-correct-response></qti-response-declaration>
<qti-assessment-stimulus-ref identifier="S" href="../shared/s.xml"/>
<qti-item-body><qti-rubric-block view="scorer"><p>for teachers</p></qti-rubric-block><qti-match-interaction response-identifier="RESPONSE"><qti-prompt>Match.</qti-prompt>
<qti-simple-match-set><qti-simple-associable-choice identifier="A" match-max="1">a</qti-simple-associable-choice><qti-simple-associable-choice identifier="B" match-max="1">b</qti-simple-associable-choice></qti-simple-match-set>
<qti-simple-match-set><qti-simple-associable-choice identifier="X" match-max="1">x</qti-simple-associable-choice><qti-simple-associable-choice identifier="Y" match-max="1">y</qti-simple-associable-choice></qti-simple-match-set>
</qti-match-interaction></qti-item-body></qti-assessment-item>"""
MANIFEST = '<manifest xmlns="m"><resources><resource type="imsqti_item_xmlv3p0" href="items/m.xml"/><resource type="imsqti_item_xmlv3p0" href="items/gone.xml"/></resources></manifest>'
STIMULUS = '<qti-assessment-stimulus identifier="s"><qti-stimulus-body><p>Read this.</p></qti-stimulus-body></qti-assessment-stimulus>'


def test_version_3_with_a_shared_text_and_a_missing_file():
    found = read(
        "qti",
        package({"imsmanifest.xml": MANIFEST, "items/m.xml": MATCH_3, "shared/s.xml": STIMULUS, "test.xml": "<qti-assessment-test/>"}),
    )
    assert [(parsed.outcome, parsed.place) for parsed in found] == [("broken", "items/gone.xml"), ("changed", "items/m.xml")]
    draft = found[1].draft
    assert draft is not None
    assert draft.item.stem == "Read this.\n\nMatch."
    assert [(option.text, option.match) for option in draft.item.options] == [("a", "x"), ("b", "y")]
    assert "rubric" in said(found[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(item("", asked("extendedText", "")), "an essay", id="essay"),
        pytest.param(item("", asked("hotspot", "")), "a hotspot", id="hotspot"),
        pytest.param(item("", asked("slider", "")), "a slider", id="slider"),
        pytest.param(item(declared("York", base="string"), ENTRY), "typed words", id="typed words"),
        pytest.param(item(declared("A"), asked("choice", choices()) * 2), "composite", id="composite"),
        pytest.param(item(declared("A"), asked("choice", choices()), attributes='adaptive="true"'), "adaptive", id="adaptive"),
        pytest.param(item("", "<p>Words.</p>"), "asks nothing", id="text alone"),
    ],
)
def test_what_we_do_not_have_is_skipped(text: str, words: str):
    parsed = one("qti", text)
    assert parsed.outcome == "skipped"
    assert words in said(parsed)


# -- version 1.2 -----------------------------------------------------------------------------------------------------

RIGHT = '<setvar action="Set" varname="SCORE">100</setvar>'


def old_item(kind: str, response: str, scoring: str, more: str = "") -> str:
    field = f"<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield>"
    shown = f'<material><mattext texttype="text/html">&lt;p&gt;What &lt;b&gt;now&lt;/b&gt;?&lt;/p&gt;</mattext></material>{response}'
    return f'<questestinterop><assessment><section><item ident="i" title="Q"><itemmetadata><qtimetadata>{field}</qtimetadata></itemmetadata><presentation>{shown}</presentation><resprocessing>{scoring}</resprocessing>{more}</item></section></assessment></questestinterop>'


def old_choice(cardinality: str, names: str, ident: str = "r", label: str = "") -> str:
    rows = "".join(
        f'<response_label ident="{name}"><material><mattext texttype="text/plain">opt {name}</mattext></material></response_label>'
        for name in names
    )
    return f'<response_lid ident="{ident}" rcardinality="{cardinality}">{label}<render_choice>{rows}</render_choice></response_lid>'


def when(rule: str, then: str = RIGHT) -> str:
    return f'<respcondition continue="No"><conditionvar>{rule}</conditionvar>{then}</respcondition>'


def equal(value: str, ident: str = "r") -> str:
    return f'<varequal respident="{ident}">{value}</varequal>'


FIB = '<response_str ident="r"><render_fib fibtype="Decimal"><response_label ident="a"/></render_fib></response_str>'


@pytest.mark.parametrize(
    ("text", "kind", "keys"),
    [
        pytest.param(old_item("multiple_choice_question", old_choice("Single", "1234"), when(equal("2"))), "single", ["opt 2"], id="choice"),
        pytest.param(old_item("multiple_answers_question", old_choice("Multiple", "12345"), when(f"<and>{equal('1')}<not>{equal('2')}</not>{equal('3')}</and>")), "multiple", ["opt 1", "opt 3"], id="answers"),
        pytest.param(old_item("true_false_question", old_choice("Single", "tf"), when(equal("t"))), "single", ["opt t"], id="true or false"),
        pytest.param(old_item("numerical_question", FIB, when(f"<or>{equal('4.0')}<and><vargte respident='r'>3.5</vargte><varlte respident='r'>4.5</varlte></and></or>")), "numeric", ["4.0"], id="number"),
        pytest.param(old_item("numerical_question", FIB, when("<vargte respident='r'>6</vargte><varlte respident='r'>8</varlte>")), "numeric", ["7"], id="range"),
    ],
)  # fmt: skip
def test_version_1_2(text: str, kind: str, keys: list[str]):
    parsed = one("qti", package({"imsmanifest.xml": "<manifest/>", "q/q.xml": text, "q/assessment_meta.xml": "<quiz/>"}))
    assert parsed.draft is not None, said(parsed)
    assert parsed.draft.item.type == kind
    assert parsed.draft.item.stem == "What **now**?"
    assert [text for text, key in options(parsed) if key] == keys


def test_version_1_2_pairs_and_feedback():
    label = "<material><mattext>left {}</mattext></material>"
    responses = old_choice("Single", "123", "ra", label.format("a")) + old_choice("Single", "123", "rb", label.format("b"))
    half = '<setvar varname="SCORE" action="Add">50.00</setvar>'
    parsed = one("qti", old_item("matching_question", responses, when(equal("2", "ra"), half) + when(equal("1", "rb"), half)))
    assert parsed.draft is not None
    assert [(option.text, option.match) for option in parsed.draft.item.options] == [("left a", "opt 2"), ("left b", "opt 1")]
    assert parsed.draft.item.targets_extra == ("opt 3",)
    told = '<itemfeedback ident="1_fb"><flow_mat><material><mattext>no!</mattext></material></flow_mat></itemfeedback>'
    link = when(equal("1"), '<displayfeedback linkrefid="1_fb"/>')
    choice = one("qti", old_item("multiple_choice_question", old_choice("Single", "1234"), link + when(equal("2")), told))
    assert choice.draft is not None
    assert [option.why for option in choice.draft.item.options] == ["no!", "", "", ""]


@pytest.mark.parametrize("kind", ["essay_question", "short_answer_question", "calculated_question", "text_only_question"])
def test_version_1_2_types_that_we_do_not_have(kind: str):
    assert one("qti", old_item(kind, FIB, "")).outcome == "skipped"


# -- writing ---------------------------------------------------------------------------------------------------------


def test_version_3_says_the_same_under_other_names_and_leaves_words_alone():
    draft = Draft(make_item(stem="Set baseType=x and go?", topic=""), "a", "a")
    for name, marks in (("qti", ("<choiceInteraction ", "baseType=")), ("qti3", ("<qti-choice-interaction ", "base-type="))):
        found = read(name, write(name, [draft], now=T0).data)
        assert found[0].draft == draft
        text = _item_text(write(name, [draft], now=T0).data)
        assert all(mark in text for mark in marks)
        assert "baseType=x" in text


def _item_text(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return package.read("items/q-a.xml").decode()


def test_a_text_that_was_edited_elsewhere_wins_over_our_own_wording():
    data = write("qti", [Draft(make_item(stem="What `now`?"), "a", "a")], now=T0).data
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = {name: old.read(name).decode().replace("What <code>now</code>?", "What <code>then</code>?") for name in old.namelist()}
    parsed = one("qti", package(files))
    assert parsed.draft is not None
    assert parsed.draft.item.stem == "What `then`?"


def test_a_package_without_questions_is_refused():
    with pytest.raises(Unreadable, match="no question"):
        read("qti", package({"imsmanifest.xml": "<manifest/>"}))
