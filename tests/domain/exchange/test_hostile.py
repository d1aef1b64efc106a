"""Files that mean harm, or nothing: a sentence, never a traceback, never a wait."""

from __future__ import annotations

import io
import zipfile
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.domain import markdown
from quizzes.domain.errors import Refusal
from quizzes.domain.exchange import FORMATS, Draft, Parsed, Unreadable, WrongEncoding, archive, read, write
from quizzes.domain.exchange.markup import from_html
from tests.domain.exchange.reading import one, package, said
from tests.factories import T0, make_item

READABLE = [name for name, format in FORMATS.items() if format.reader]
QUIZ = "<quiz><question type='essay'><name><text>&a;</text></name></question></quiz>"


def taken(name: str, data: bytes) -> list[Parsed] | None:
    try:
        return read(name, data)
    except (Unreadable, WrongEncoding):
        return None


# -- XML and packages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        pytest.param('<!DOCTYPE quiz [<!ENTITY a "b">]>', id="an entity"),
        pytest.param('<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>', id="billion laughs"),
        pytest.param('<!DOCTYPE quiz [<!ENTITY a SYSTEM "file:///etc/passwd">]>', id="a file"),
        pytest.param('<!DOCTYPE quiz [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd">%p;]>', id="a parameter entity"),
        pytest.param('<!-- x --><?pi y?>\n<!DOCTYPE quiz\n[<!ENTITY a "b">]>', id="behind a comment"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_they_are_read(head: str, encoding: str):
    with pytest.raises(Unreadable, match="entities"):
        read("moodle_xml", (head + QUIZ).encode(encoding))


def test_a_document_type_that_only_names_a_file_is_not_fetched():
    text = '<!DOCTYPE quiz SYSTEM "http://127.0.0.1:9/quiz.dtd">' + QUIZ.replace("&a;", "x")
    assert one("moodle_xml", text).outcome == "skipped"


def test_deep_nesting_is_refused():
    with pytest.raises(Unreadable, match="deep"):
        read("moodle_xml", b"<quiz>" + b"<a>" * 100_000)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        pytest.param({"../evil.xml": "<a/>"}, "outside", id="up"),
        pytest.param({"/etc/evil.xml": "<a/>"}, "outside", id="from the root"),
        pytest.param({"a\\..\\evil.xml": "<a/>"}, "outside", id="backslashes"),
        pytest.param({"bomb.xml": "0" * 5_000_000}, "bomb", id="ratio"),
        pytest.param({f"{n}.xml": "" for n in range(5_001)}, "5,001 files", id="entries"),
        pytest.param({"inner.zip": "PK"}, "other packages", id="nested"),
    ],
)
def test_packages_that_mean_harm_are_refused(files: dict[str, str], words: str):
    with pytest.raises(Unreadable, match=words):
        read("qti", package(files))


def test_a_package_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1_000_000)
    with pytest.raises(Unreadable, match="MB"):
        read("qti", package({f"{n}.xml": "x" * 90_000 for n in range(12)}))


def test_a_locked_or_torn_package_is_refused():
    good = package({"a.xml": "<a/>"})
    for data in (good[:-30], good[:20], b"PK\x05\x06" + b"\0" * 18 + b"x"):
        with pytest.raises(Unreadable):
            read("qti", data)


# -- encodings -------------------------------------------------------------------------------------------------------

GIFT = "Où va l’événement ?{=là ~b ~c ~d}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_recognised(encoding: str):
    parsed = one("gift", GIFT.encode(encoding))
    assert parsed.draft is not None
    assert parsed.draft.item.stem == "Où va l’événement ?"


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "utf-32", "utf-16-le"])
def test_other_encodings_are_refused_with_advice(encoding: str):
    with pytest.raises(WrongEncoding, match="UTF-8"):
        read("gift", GIFT.encode(encoding))


def test_an_encoding_that_xml_declares_is_believed():
    text = "<?xml version='1.0' encoding='ISO-8859-1'?><quiz><question type='essay'><name><text>café</text></name></question></quiz>"
    assert one("moodle_xml", text.encode("latin-1")).title == "café"


def test_garbled_text_is_told():
    garbled = "Où va l’événement ?".encode().decode("cp1252", "replace")
    assert "garbled" in said(one("gift", f"{garbled}{{=a ~b ~c ~d}}"))


# -- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b" " * 10_000_001, "empty", id="blank"),
        pytest.param(b"x" * 10_000_001, "MB", id="large"),
        pytest.param(b"x\n" * 200_001, "lines", id="lines"),
        pytest.param(b"a\n\n" * 2_001, "2,000 questions", id="questions"),
    ],
)
def test_files_without_end_are_refused(data: bytes, words: str):
    with pytest.raises(Unreadable, match=words):
        read("gift", data)


@pytest.mark.parametrize("stem", ["a" * 10_001, "[" * 400, "a <b" * 400], ids=["long", "brackets", "tags"])
def test_texts_without_end_are_left_out(stem: str):
    assert one("gift", f"[markdown]{stem}{{=a ~b ~c ~d}}").outcome == "broken"


@pytest.mark.parametrize("piece", ["<a ", "<", "[", "`", "_", "*", "<b>", "<ul><li>", "<table><td>", "<!--", "&"])
def test_a_text_of_one_sign_costs_little(piece: str):
    """Nothing to assert but that it ends: what is quadratic here takes minutes, and the suite has seconds."""
    assert isinstance(from_html(piece * (30_000 // len(piece)), lambda message: None), str)


# -- script ----------------------------------------------------------------------------------------------------------

EVIL = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:alert(1)'>x</a>", "<iframe src='//e'></iframe>", "<svg onload=alert(1)>",
    "<p onclick='x()'>y</p>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<scr<script>ipt>alert(1)</script>", "<style>*{}</style>", "<a href='data:text/html,x'>z</a>",
]  # fmt: skip


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("form", ["html", "markdown", "moodle", "plain"])
def test_no_script_comes_through(evil: str, form: str):
    text = evil.replace("{", "\\{").replace("}", "\\}").replace("=", "\\=").replace("#", "\\#").replace(":", "\\:")
    parsed = one("gift", f"[{form}]What {text} now?{{=a {text} ~b ~c ~d}}")
    if parsed.draft is None:
        return
    shown = markdown.block(parsed.draft.item.stem) + markdown.inline(parsed.draft.item.options[0].text)
    assert not any(
        mark in shown.lower() for mark in ("<script", "<iframe", "<svg", "<style", "<img", 'href="javascript', 'href="data', "<p onclick")
    )


# -- noise -----------------------------------------------------------------------------------------------------------


@cache
def seed(name: str) -> bytes:
    kinds = ("single", "multiple", "matching", "numeric", "ordering")
    return write(name, [Draft(make_item(type=kind), f"a-{kind}", "a") for kind in kinds], now=T0).data


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=300), st.sampled_from(READABLE))
def test_noise_is_refused_or_reported(data: bytes, name: str):
    for found in (taken(name, data), taken(name, b"PK\x03\x04" + data), taken(name, b"<quiz>" + data)):
        assert found is None or all(parsed.draft or parsed.notes for parsed in found)


PIECES = [b"<", b">", b"&", b"{", b"}", b"=", b"~", b"#", b"%", b"\\", b"\x00", b"\xff", b"\n\n", b'"', b"'", b"-->", b"<![CDATA[", b"1e999", b"NaN", b"<p>", b"<pre>", b"\xed\xa0\x80"]  # fmt: skip


@st.composite
def damage(draw: st.DrawFn) -> tuple[str, bytes]:
    """A good file with something cut out, put in or doubled; of packages, inside one of their files."""
    name = draw(st.sampled_from(READABLE))
    data = seed(name)
    if not name.startswith("qti"):
        return name, _damaged(draw, data)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as good, zipfile.ZipFile(out, "w") as bad:
        hurt = draw(st.sampled_from(good.namelist()))
        for path in good.namelist():
            bad.writestr(path, _damaged(draw, good.read(path)) if path == hurt else good.read(path))
    return name, out.getvalue()


def _damaged(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.integers(0, 40))
        data = data[:at] + draw(st.sampled_from(PIECES)) + data[at + cut :]
    return data


@settings(max_examples=50, deadline=None)
@given(damage())
def test_a_damaged_file_is_refused_or_reported(damaged: tuple[str, bytes]):
    name, data = damaged
    found = taken(name, data) or []
    good = [parsed.draft for parsed in found if parsed.draft]
    for draft in good:
        try:
            draft.item.grade(draft.item.key)
        except Refusal:
            pytest.fail("an item that came in cannot be graded")
    assert read("csv", write("csv", good, now=T0).data) if good else True
