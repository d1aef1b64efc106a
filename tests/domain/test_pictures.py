"""Pictures: known by their bytes, and shown only under our own addresses."""

from __future__ import annotations

import struct
import zlib

import pytest

from quizzes.domain import markdown, pictures, quality
from quizzes.domain.items import Option
from quizzes.domain.pictures import NoPicture, look_at
from tests.factories import make_item, make_picture_bytes

PNG = make_picture_bytes()
JPEG = b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x11\x08\x00\x05\x00\x07" + b"\0" * 20 + b"\xff\xd9"
GIF = b"GIF89a\x07\x00\x05\x00" + b"\0" * 20 + b";"
WEBP_X = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x06\0\0\x04\0\0"
WEBP_L = b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + (6 | 4 << 14).to_bytes(4, "little")
WEBP = b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x07\x00\x05\x00"


@pytest.mark.parametrize(
    ("data", "ending", "size"),
    [(PNG, "png", (3, 2)), (JPEG, "jpg", (7, 5)), (GIF, "gif", (7, 5)), (WEBP_X, "webp", (7, 5)), (WEBP_L, "webp", (7, 5)), (WEBP, "webp", (7, 5))],
    ids=["png", "jpeg", "gif", "webp with more", "webp without loss", "webp"],
)  # fmt: skip
def test_a_picture_is_known_by_its_bytes(data: bytes, ending: str, size: tuple[int, int]):
    found = look_at(data)
    assert (found.ending, (found.width, found.height)) == (ending, size)
    assert pictures.ADDRESS.fullmatch(found.address)


def _png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0) + b"\0\0\0\0IEND" + b"\0" * 4


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "no PNG", id="nothing"),
        pytest.param(b"<html><script>alert(1)</script>", "no PNG", id="a page"),
        pytest.param(b"<?xml version='1.0'?><svg onload='alert(1)'/>", "SVG", id="a drawing"),
        pytest.param(b"BM" + b"\0" * 60, "no PNG", id="another format"),
        pytest.param(PNG[:30], "damaged", id="torn"),
        pytest.param(JPEG[:12], "damaged", id="a torn photograph"),
        pytest.param(WEBP_L[:20], "damaged", id="torn webp"),
        pytest.param(b"RIFF\0\0\0\0WEBPJUNK" + b"\0" * 20, "damaged", id="odd webp"),
        pytest.param(_png(8_001, 1), "too large", id="wide"),
        pytest.param(_png(8_000, 8_000), "too large", id="a bomb"),
        pytest.param(_png(0, 5), "too large", id="without width"),
        pytest.param(PNG + b"\0" * pictures.MOST_BYTES, "more than 2 MB", id="heavy"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str):
    with pytest.raises(NoPicture, match=reason):
        look_at(data)


ADDRESS = look_at(PNG).address
SHOWN = f'<img src="{ADDRESS}" alt="a queue" width="3" height="2" loading="lazy" decoding="async">'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        pytest.param(f"See ![a queue]({ADDRESS}).", f"See {SHOWN}.", id="ours"),
        pytest.param(f'See <img src="{ADDRESS}" alt="a queue" id="x" lang="y" onerror="alert(1)">.', f"See {SHOWN}.", id="as a tag"),
        pytest.param("See ![a queue](https://evil.example/pixel.png).", "See a queue.", id="elsewhere"),
        pytest.param("See ![a queue](/media/../admin/).", "See a queue.", id="another address"),
        pytest.param(f"See ![a queue]({ADDRESS}?x=1).", "See a queue.", id="with more behind it"),
        pytest.param(f"See ![a queue](//evil.example{ADDRESS}).", "See a queue.", id="on another site"),
        pytest.param("See ![a queue](data:image/png;base64,aGk=).", "See a queue.", id="data"),
    ],
)
def test_only_pictures_of_ours_are_shown(text: str, html: str):
    assert markdown.inline(text) == html
    assert markdown.block(text) == f"<p>{html}</p>"


def test_words_beside_a_picture_cannot_break_out():
    shown = markdown.block(pictures.marked('"><script>alert(1)</script> [x](y) `z`', ADDRESS))
    assert "<script" not in shown
    assert shown.count("<img") == 1


def test_a_picture_is_its_words_in_search_and_in_measures():
    assert markdown.plain(markdown.block(f"See ![a queue]({ADDRESS}) now.")) == "See a queue now."


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"stem": f"![]({ADDRESS}) What does the picture show of the queue?"}, "stem", id="a stem without words"),
        pytest.param(
            {
                "type": "matching", "stem": "Match each of these with what belongs to it.",
                "options": tuple(Option(id=f"o{n}", text=f"side {n}", match=f"![x]({ADDRESS}) {n}", why="Because.") for n in range(3)),
            },
            "option-0", id="a partner",
        ),
    ],
)  # fmt: skip
def test_a_picture_that_not_everybody_gets_keeps_a_question_from_being_published(values: dict[str, object], field: str):
    found = quality.errors(make_item(**values))
    assert ("picture", field) in [(finding.rule, finding.field) for finding in found]


def test_the_bytes_of_the_tests_are_a_real_picture():
    """Signature, header, pixels and end, each with its checksum."""
    assert zlib.decompress(PNG[41 : 41 + struct.unpack(">I", PNG[33:37])[0]]) == b"\0\x10\x10\x10" * 2
