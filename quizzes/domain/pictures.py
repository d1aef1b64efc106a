"""Pictures in questions: known by their bytes, named by their content, and written into a text as `![words](address)`.

Only raster formats are taken: a drawing in SVG is a document that can hold script. What a file calls itself counts for nothing.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

#: Bounds of one picture and of one question.
MOST_BYTES, MOST_SIDE, MOST_PIXELS, MOST_OF_ONE = 2_000_000, 8_000, 25_000_000, 20
#: The longest words beside a picture.
LONGEST_WORDS = 250
#: Ending to the type that a browser is told.
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}

_NAME = r"(?P<digest>[0-9a-f]{64})-(?P<width>[1-9]\d{0,3})x(?P<height>[1-9]\d{0,3})\.(?P<ending>png|jpg|gif|webp)"
#: How a file of ours is called, wherever it lies.
NAME = re.compile(_NAME)
#: Where it is served.
ADDRESS = re.compile(f"/media/{_NAME}")
#: A picture in markdown, of ours or not.
MARK = re.compile(
    r"!\[(?P<words>[^\[\]]{0,500})\]\(\s{0,5}<?(?P<address>[^()<>\s]{1,500})>?(?:\s{1,5}(?:\"[^\"]{0,300}\"|'[^']{0,300}'))?\s{0,5}\)"
)


class NoPicture(ValueError):
    """Bytes that are no picture that we keep, with the reason as the end of a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sized:
    ending: str
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A picture and its name. Its address tells nothing of a file's old name, and nobody guesses it who has not seen the picture."""

    digest: str
    ending: str
    width: int
    height: int
    data: bytes = field(repr=False, compare=False)

    @cached_property
    def name(self) -> str:
        return f"{self.digest}-{self.width}x{self.height}.{self.ending}"

    @property
    def address(self) -> str:
        return f"/media/{self.name}"


def look_at(data: bytes) -> Picture:
    """The picture that these bytes are. Raises NoPicture."""
    if len(data) > MOST_BYTES:
        raise NoPicture(f"it has more than {MOST_BYTES // 1_000_000} MB")
    try:
        found = next((sized for reader in (_png, _gif, _webp, _jpeg) if (sized := reader(data))), None)
    except (struct.error, IndexError):
        raise NoPicture("the file is damaged") from None
    if found is None:
        looks_drawn = b"<svg" in data[:2_000].lower()
        raise NoPicture(
            "it is a drawing in SVG, which can hold script: save it as PNG" if looks_drawn else "it is no PNG, JPEG, GIF or WebP"
        )
    if not 0 < found.width <= MOST_SIDE or not 0 < found.height <= MOST_SIDE or found.width * found.height > MOST_PIXELS:
        raise NoPicture(f"it measures {found.width:,} × {found.height:,} points, which is too large")
    return Picture(hashlib.sha256(data).hexdigest(), found.ending, found.width, found.height, data)


def _png(data: bytes) -> _Sized | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    if data[12:16] != b"IHDR" or b"IEND" not in data[-64:]:
        raise NoPicture("the file is damaged")
    return _Sized("png", *struct.unpack(">II", data[16:24]))


def _gif(data: bytes) -> _Sized | None:
    return _Sized("gif", *struct.unpack("<HH", data[6:10])) if data[:6] in (b"GIF87a", b"GIF89a") else None


def _webp(data: bytes) -> _Sized | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        return _Sized("webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if kind == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return _Sized("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", data[26:30])
        return _Sized("webp", width & 0x3FFF, height & 0x3FFF)
    raise NoPicture("the file is damaged")


#: Markers of a JPEG that begin a frame, and so hold its size.
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def _jpeg(data: bytes) -> _Sized | None:
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at < len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return _Sized("jpg", width, height)
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    raise NoPicture("the file is damaged")


# -- in texts --------------------------------------------------------------------------------------------------------


def words_for(text: str) -> str:
    """The words beside a picture, without signs that would end them or read as a mark."""
    plain = text.replace("[", "(").replace("]", ")")
    return " ".join(re.sub(r"[\\`<>*_]", " ", plain).split())[:LONGEST_WORDS]


def marked(words: str, address: str) -> str:
    """A picture as markdown has it."""
    return f"![{words_for(words)}]({address})"


def addresses(text: str) -> list[str]:
    """The addresses of our pictures in a text, in order, each once."""
    return list(dict.fromkeys(found[0] for found in ADDRESS.finditer(text))) if "/media/" in text else []


def digests(text: str) -> set[str]:
    """The names of content that a text, or a body as JSON, mentions."""
    return {found["digest"] for found in ADDRESS.finditer(text)}


def elsewhere(text: str, place: Callable[[str], str]) -> str:
    """The text with the addresses of our pictures as another system has them; `place` is given the name of the file."""
    return ADDRESS.sub(lambda found: place(found[0].removeprefix("/media/")), text) if "/media/" in text else text


def without(text: str, gone: Callable[[str], bool]) -> str:
    """The text with the words alone of those pictures that are gone."""

    def told(found: re.Match[str]) -> str:
        words = found["words"].strip()
        return (f"({words})" if words else "") if gone(found["address"]) else found[0]

    return MARK.sub(told, text) if "](" in text else text
