"""What files of Canvas, TAO, Moodle, text2qti and the examples of 1EdTech do that our own never do; each case shows one such habit."""

from __future__ import annotations

import base64

import pytest

from quizzes.domain.exchange import Parsed, Unreadable, read
from quizzes.domain.pictures import look_at
from tests.domain.exchange.reading import one, options, package, said
from tests.domain.exchange.test_pictures import CHOICES, ITEM
from tests.factories import make_picture_bytes

PNG = make_picture_bytes()
PICTURE = look_at(PNG)


def old(items: str, head: str = "") -> str:
    return f"{head}<questestinterop><assessment><section>{items}</section></assessment></questestinterop>"


def asked(stem: str, *, labels: str = "", kind: str = "multiple_choice_question", more: str = "", ident: str = "i") -> str:
    """An item of QTI 1.2 as Canvas writes it; the first label is right."""
    names = [chr(65 + n) for n in range(4)]
    shown = labels or "".join(
        f'<response_label ident="{name}"><material><mattext texttype="text/plain">{name}</mattext></material></response_label>'
        for name in names
    )
    return f"""<item ident="{ident}" title="Question"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel>
<fieldentry>{kind}</fieldentry></qtimetadatafield>{more}</qtimetadata></itemmetadata><presentation><material><mattext texttype="text/html">{stem}</mattext>
</material><response_lid ident="r" rcardinality="Single"><render_choice>{shown}</render_choice></response_lid></presentation>
<resprocessing><respcondition continue="No"><conditionvar><varequal respident="r">A</varequal></conditionvar>
<setvar action="Set" varname="SCORE">100</setvar></respcondition></resprocessing></item>"""


def stem_of(parsed: Parsed) -> str:
    assert parsed.draft is not None, parsed.notes
    return parsed.draft.item.stem


# -- Canvas and what is written for it ---------------------------------------------------------------------------------


def test_a_formula_of_canvas_keeps_its_latex():
    image = '&lt;img class="equation_image" src="/equation_images/x%255E2?scale=1" alt="LaTeX: x^2" data-equation-content="x^2"/&gt;'
    parsed = one("qti", old(asked(f"&lt;p&gt;What is {image} of 2?&lt;/p&gt;")))
    assert stem_of(parsed) == "What is `x^2` of 2?"
    assert "A formula is kept as plain signs" in said(parsed)


def test_a_text_that_questions_of_canvas_share_stands_in_their_stem():
    text = """<item ident="s" title="Text"><itemmetadata><qtimetadata><qtimetadatafield><fieldlabel>question_type</fieldlabel>
<fieldentry>text_only_question</fieldentry></qtimetadatafield></qtimetadata></itemmetadata><presentation><material>
<mattext texttype="text/html">&lt;p&gt;A function fails.&lt;/p&gt;</mattext></material></presentation></item>"""
    parent = "<qtimetadatafield><fieldlabel>parent_stimulus_item_ident</fieldlabel><fieldentry>s</fieldentry></qtimetadatafield>"
    first, second = read("qti", old(text + asked("&lt;p&gt;What now?&lt;/p&gt;", more=parent)).encode())
    assert first.outcome == "skipped"
    assert stem_of(second) == "A function fails.\n\nWhat now?"
    assert "shares with other items" in said(second)


def test_empty_pairs_of_canvas_are_left_out():
    def side(ident: str, words: str) -> str:
        labels = "".join(
            f"<response_label ident='{n}'><material><mattext>{text}</mattext></material></response_label>"
            for n, text in enumerate(("one", "two", ""))
        )
        return f"<response_lid ident='{ident}'><material><mattext>{words}</mattext></material><render_choice>{labels}</render_choice></response_lid>"

    sides = side("x", "") + side("a", "Alpha") + side("b", "Beta")
    right = "".join(
        f"<respcondition><conditionvar><varequal respident='{ident}'>{n}</varequal></conditionvar><setvar action='Add'>33.33</setvar></respcondition>"
        for ident, n in (("a", 0), ("b", 1), ("x", 2))
    )
    parsed = one(
        "qti",
        old(
            f"<item ident='m'><presentation><material><mattext>Match.</mattext></material>{sides}</presentation><resprocessing>{right}</resprocessing></item>"
        ),
    )
    assert parsed.draft is not None
    assert [(option.text, option.match) for option in parsed.draft.item.options] == [("Alpha", "one"), ("Beta", "two")]
    assert "A pair without words is left out." in said(parsed)


def test_tags_of_which_some_are_escaped_and_some_are_not():
    labels = "".join(
        f'<response_label ident="{name}"><material><mattext texttype="text/html">&lt;p&gt;<code>{name} &amp; 1</code> is it&lt;/p&gt;</mattext></material></response_label>'
        for name in "ABCD"
    )
    parsed = one("qti", old(asked("&lt;p&gt;What does <code>print(1 &lt; 2)</code> say?&lt;/p&gt;", labels=labels)))
    assert stem_of(parsed) == "What does `print(1 < 2)` say?"
    assert options(parsed)[0] == ("`A & 1` is it", True)


def test_what_is_escaped_twice_is_no_way_in():
    parsed = one(
        "qti", old(asked("&lt;p&gt;<b>Look</b> &lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt; here&lt;/p&gt;"))
    )
    assert stem_of(parsed) == "**Look** here"


def test_an_answer_that_gives_half_is_wrong_here():
    half = asked("What?").replace(
        "</resprocessing>",
        "<respcondition><conditionvar><varequal respident='r'>B</varequal></conditionvar><setvar action='Set'>50</setvar></respcondition></resprocessing>",
    )
    parsed = one("qti", old(half))
    assert [key for _, key in options(parsed)] == [True, False, False, False]
    assert "gave part of the mark" in said(parsed)


# -- document types ----------------------------------------------------------------------------------------------------

SUBSET = "<!-- Ours. -->\n<!ELEMENT ims_render_object (flow_label+)>\n<!ATTLIST ims_render_object\n shuffle (Yes|No) 'No'\n orientation (Row|Column) #REQUIRED >"


def test_a_document_type_that_declares_elements_alone_is_passed_over():
    """As the examples of IMS for version 1.2 do."""
    parsed = one(
        "qti",
        old(
            asked("What?"),
            f'<?xml version="1.0" standalone="no"?>\n<!DOCTYPE questestinterop SYSTEM "ims_qtiasiv1p2.dtd" [\n{SUBSET}\n]>\n<!-- x -->\n',
        ),
    )
    assert stem_of(parsed) == "What?"
    assert parsed.line == 10


@pytest.mark.parametrize(
    "more",
    [
        '<!ENTITY a "b">',
        '<!entity a "b">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd">',
        "%p;",
        "<!ELEMENT a (%p;)>",
        '<!NOTATION n SYSTEM "x">',
        "<?x y?>",
    ],
)
def test_whatever_else_it_declares_is_refused(more: str):
    with pytest.raises(Unreadable, match="entities"):
        read("qti", old(asked("What?"), f"<!DOCTYPE questestinterop [\n{SUBSET}\n{more}\n]>\n").encode())


# -- TAO, Onyx and the examples of 1EdTech -----------------------------------------------------------------------------


def item(image: str) -> Parsed:
    return one("qti", package({"i1/qti.xml": ITEM.format(image=image, choices=CHOICES), "i1/images/sign.png": PNG}))


def test_an_object_falls_back_on_the_object_within():
    inner = '<object type="image/png" data="images/sign.png"><p>A sign</p></object>'
    parsed = item(f'<object type="image/eps" data="images/sign.eps">{inner}</object>')
    assert stem_of(parsed) == f"See ![A sign]({PICTURE.address}) now"
    assert "left out" not in said(parsed)


def test_an_object_without_a_picture_that_is_there_leaves_its_words():
    assert stem_of(item('<object type="image/svg+xml" data="images/sign.svg"><p>A sign</p></object>')) == "See (A sign) now"


def test_how_a_word_is_read_stands_behind_it():
    assert stem_of(item("<ruby><rb>真</rb><rp>(</rp><rt>まこと</rt><rp>)</rp></ruby>")) == "See 真 (まこと) now"


def test_a_prefix_before_every_name_of_the_format():
    text = ITEM.format(image="it", choices=CHOICES)
    for name in ("assessmentItem", "responseDeclaration", "correctResponse", "value", "itemBody", "choiceInteraction", "simpleChoice"):
        text = text.replace(f"<{name}", f"<q:{name}").replace(f"</{name}>", f"</q:{name}>")
    parsed = one("qti", text.replace("<q:assessmentItem", '<q:assessmentItem xmlns:q="http://www.imsglobal.org/xsd/imsqti_v2p1"', 1))
    assert options(parsed)[0] == ("A", True)


def test_a_passage_that_tao_includes_stands_in_the_stem():
    whole = ITEM.format(image='<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="passage.xml"/>it', choices=CHOICES)
    passage = '<div xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"><p>A function <strong>fails</strong>.</p></div>'
    parsed = one("qti", package({"i1/qti.xml": whole, "i1/passage.xml": passage}))
    assert stem_of(parsed) == "A function **fails**.\n\nSee it now"
    assert "is not in the package" in said(one("qti", package({"i1/qti.xml": whole})))


# -- Moodle ------------------------------------------------------------------------------------------------------------


def test_the_picture_of_a_question_of_moodle_1_9_is_kept():
    inside = base64.b64encode(PNG).decode()
    answers = "".join(
        f"<answer fraction='{100 if n == 2 else 0}'><text>\n{n}\n</text><feedback><text>\n\n</text></feedback></answer>" for n in range(4)
    )
    parsed = one(
        "moodle_xml",
        f"<quiz><question type='multichoice'><name><text>q</text></name><questiontext format='html'><text>See</text></questiontext>"
        f"<image>moodle.png</image><image_base64>\n{inside}\n</image_base64><single>true</single>{answers}</question></quiz>",
    )
    assert stem_of(parsed) == f"See\n\n![]({PICTURE.address})"
    assert "no words beside it" in said(parsed)


def test_several_keys_of_the_open_university_are_a_multiple_response():
    answers = "".join(f"<answer fraction='{100 if n in (1, 3) else 0}' format='html'><text>{n}</text></answer>" for n in range(5))
    parsed = one(
        "moodle_xml",
        f"<quiz><question type='oumultiresponse'><name><text>q</text></name><questiontext format='html'><text>Which?</text></questiontext>{answers}</question></quiz>",
    )
    assert [key for _, key in options(parsed)] == [False, True, False, True, False]


def test_partners_that_are_dragged_are_html_and_hold_words_alone():
    pair = "<subquestion format='html'><text>{0}</text><answer format='html'><text><![CDATA[<p>{1}</p>]]></text></answer></subquestion>"
    pairs = (
        pair.format("one", "<b>eins</b>") + pair.format("two", '<img src="@@PLUGINFILE@@/x.png" alt="zwei">') + pair.format("three", "drei")
    )
    parsed = one(
        "moodle_xml",
        f"<quiz><question type='ddmatch'><name><text>q</text></name><questiontext format='html'><text>Match.</text></questiontext>{pairs}</question></quiz>",
    )
    assert parsed.draft is not None
    assert [option.match for option in parsed.draft.item.options] == ["**eins**", "(zwei)", "drei"]
    assert "only words can stand there" in said(parsed)
