"""Pictures of files: kept where they are safe, told where not, and there again after export and import."""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import zipfile

import pytest

from quizzes.domain.exchange import FORMATS, Draft, Parsed, archive, read, write
from quizzes.domain.items import Option
from quizzes.domain.pictures import look_at
from tests.domain.exchange.reading import one, package, said
from tests.domain.exchange.test_round_trip import there_and_back
from tests.factories import T0, make_item, make_picture_bytes

PNG = make_picture_bytes()
PICTURE, OTHER, THIRD = (look_at(make_picture_bytes(shade)) for shade in (16, 99, 200))
IN_TEXT = base64.b64encode(PNG).decode()
FILE = f'<file name="a b.png" path="/" encoding="base64">{IN_TEXT}</file>'
OPTIONS = "".join(f"<answer fraction='{100 if n == 0 else 0}' format='html'><text>{n}</text>{{more_{n}}}</answer>" for n in range(4))


def moodle(stem: str, files: str = "", form: str = "html", **more: str) -> Parsed:
    answers = OPTIONS.format(**{f"more_{n}": more.get(f"more_{n}", "") for n in range(4)})
    return one(
        "moodle_xml",
        f"<quiz><question type='multichoice'><name><text>q</text></name><single>true</single>"
        f"<questiontext format='{form}'><text><![CDATA[{stem}]]></text>{files}</questiontext>{answers}</question></quiz>",
    )


@pytest.mark.parametrize(
    ("form", "stem"),
    [
        pytest.param("html", '<p>See <img src="@@PLUGINFILE@@/a%20b.png" alt="a [queue]" width="9"> now</p>', id="html"),
        pytest.param("html", f'<p>See <img alt="a [queue]" src="data:image/png;base64,{IN_TEXT}"/> now</p>', id="in the text"),
        pytest.param("markdown", 'See <img src="@@PLUGINFILE@@/a%20b.png" alt="a [queue]"> now', id="a tag in markdown"),
    ],
)
def test_a_picture_of_moodle_is_kept(form: str, stem: str):
    parsed = moodle(stem, FILE if "PLUGIN" in stem else "", form)
    assert parsed.draft is not None
    assert parsed.draft.item.stem == f"See ![a (queue)]({PICTURE.address}) now"
    assert [(p.address, p.data) for p in parsed.draft.pictures] == [(PICTURE.address, PNG)]
    assert parsed.outcome == "kept"


def test_two_files_of_one_name_are_those_of_their_own_text():
    """Moodle keeps the files of the stem and of each answer apart."""
    other = f'<file name="x.png" path="/" encoding="base64">{base64.b64encode(OTHER.data).decode()}</file>'
    shown = '<img src="@@PLUGINFILE@@/x.png" alt="it">'
    file = f'<feedback format="html"><text><![CDATA[{shown}]]></text>{other}</feedback>'
    parsed = moodle(f"What? {shown}", FILE.replace("a b", "x"), more_1=file)
    assert parsed.draft is not None
    assert (PICTURE.address in parsed.draft.item.stem, OTHER.address in parsed.draft.item.options[1].why) == (True, True)


@pytest.mark.parametrize(
    ("image", "files", "words"),
    [
        pytest.param('<img src="@@PLUGINFILE@@/b.png" alt="it">', "", "not in the file", id="missing"),
        pytest.param('<img src="https://example.org/b.png" alt="it">', "", "another site", id="elsewhere"),
        pytest.param('<img src="file:///etc/passwd" alt="it">', "", "not in the file", id="a file of ours"),
        pytest.param('<img src="data:image/png;base64,PGh0bWw+" alt="it">', "", "no PNG", id="not a picture"),
        pytest.param('<img src="data:image/svg+xml;base64,PHN2Zy8+" alt="it">', "", "SVG", id="a drawing"),
        pytest.param('<img src="@@PLUGINFILE@@/b.png" alt="it">', '<file name="b.png" encoding="base64">?</file>', "no PNG", id="torn"),
    ],
)
def test_a_picture_that_cannot_be_kept_is_told_and_leaves_its_words(image: str, files: str, words: str):
    parsed = moodle(f"See {image} now", files)
    assert parsed.draft is not None
    assert words in said(parsed)
    assert (parsed.draft.item.stem, parsed.draft.pictures) == ("See (it) now", ())


def test_a_picture_without_words_is_told():
    assert "no words beside it" in said(moodle('What? <img src="@@PLUGINFILE@@/a%20b.png">', FILE))


ITEM = """<assessmentItem identifier="q1" title="q" adaptive="false" timeDependent="false">
<responseDeclaration identifier="R" cardinality="single" baseType="identifier"><correctResponse><value>A</value></correctResponse></responseDeclaration>
<itemBody><p>See {image} now</p><choiceInteraction responseIdentifier="R" maxChoices="1">{choices}</choiceInteraction></itemBody></assessmentItem>"""
CHOICES = "".join(f'<simpleChoice identifier="{name}">{name}</simpleChoice>' for name in "ABCD")


@pytest.mark.parametrize(
    ("image", "place"),
    [
        pytest.param('<img src="pics/a%20b.png" alt="it"/>', "items/pics/a b.png", id="beside the item"),
        pytest.param('<img src="../media/x.png" alt="it"/>', "media/x.png", id="above"),
        pytest.param('<object data="pics/x.png" type="image/png"><p>it</p></object>', "items/pics/x.png", id="an object"),
        pytest.param('<img src="$IMS-CC-FILEBASE$/q/x.png?canvas_download=1" alt="it"/>', "web_resources/q/x.png", id="Canvas"),
        pytest.param('<img src="%24IMS-CC-FILEBASE%24/images/x.png" alt="it"/>', "images/x.png", id="text2qti"),
    ],
)
def test_a_picture_of_a_package_is_found(image: str, place: str):
    parsed = one("qti", package({"items/q.xml": ITEM.format(image=image, choices=CHOICES), place: PNG}))
    assert parsed.draft is not None, parsed.notes
    assert (parsed.draft.item.stem, parsed.draft.pictures) == (f"See ![it]({PICTURE.address}) now", (PICTURE,))


def test_a_package_full_of_pictures_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1_000)
    with pytest.raises(archive.Unreadable, match="pictures"):
        read("qti", package({"q.xml": ITEM.format(image="", choices=CHOICES), **{f"{n}.png": PNG * 4 for n in range(9)}}))


# -- there and back --------------------------------------------------------------------------------------------------


def _shown(kind: str) -> Draft:
    """A question with a picture in its stem, in an option and in a rationale."""
    stem = f"What does ![a *queue*, “full”]({PICTURE.address}) show of the queue?"
    last = {"matching": "match", "numeric": ""}.get(kind, "")
    options = tuple(
        Option(
            id="abcd"[n], text=str(n) if kind == "numeric" else f"Option {n}" + (f" ![two]({OTHER.address})" if n == 1 else ""),
            why=f"Because {n}. ![three]({THIRD.address})" if n == 2 and kind != "numeric" else f"Because {n}.",
            key=n == 0 and kind not in ("matching", "ordering"), match=f"Partner {n}" if last else "",
        )
        for n in range(4)
    )  # fmt: skip
    pictures = (PICTURE,) if kind == "numeric" else (PICTURE, OTHER, THIRD)
    return Draft(make_item(type=kind, stem=stem.replace("*", ""), options=options, topic=""), "a-slug", "a-family", pictures=pictures)


@pytest.mark.parametrize("kind", ["single", "matching", "ordering", "numeric"])
@pytest.mark.parametrize("name", [name for name, format in FORMATS.items() if format.holds_pictures and format.reader])
def test_pictures_come_back_as_they_went(name: str, kind: str):
    draft = _shown(kind)
    assert there_and_back(name, draft) == [draft]
    (found,) = there_and_back(name, draft)
    assert found is not None
    assert [picture.data for picture in found.pictures] == [picture.data for picture in draft.pictures]


@pytest.mark.parametrize("name", ["gift", "csv", "toml"])
def test_a_format_without_pictures_says_so_and_keeps_their_addresses(name: str):
    draft = _shown("single")
    written = write(name, [draft], now=T0)
    assert (written.notes[0][0], written.notes[0][1][:19]) == ("a-slug", "3 pictures are lost")
    (parsed,) = read(name, written.data)
    assert parsed.draft is not None
    assert (parsed.draft.item, parsed.draft.pictures) == (draft.item, ())


def test_a_picture_that_is_gone_leaves_its_words_in_an_export():
    written = write("moodle_xml", [Draft(_shown("single").item, "a-slug", pictures=(PICTURE,))], now=T0)
    assert written.notes == (("a-slug", "2 pictures are not here any more; the words beside it stand in the file."),)
    (parsed,) = read("moodle_xml", written.data)
    assert parsed.draft is not None
    assert (parsed.draft.item.options[1].text, parsed.draft.pictures) == ("Option 1 (two)", (PICTURE,))


def test_an_anki_package_holds_its_pictures():
    with zipfile.ZipFile(io.BytesIO(write("anki", [_shown("single"), _shown("numeric")], now=T0).data)) as file:
        names = json.loads(file.read("media"))
        assert sorted(names.values()) == sorted(picture.name for picture in (PICTURE, OTHER, THIRD))
        assert {file.read(number) for number in names} == {PICTURE.data, OTHER.data, THIRD.data}
        base = sqlite3.connect(":memory:")
        base.deserialize(file.read("collection.anki2"))
        (fields,) = base.execute("SELECT flds FROM notes LIMIT 1").fetchone()
        base.close()
    assert f'<img src="{PICTURE.name}" alt="a queue, “full”"' in fields
