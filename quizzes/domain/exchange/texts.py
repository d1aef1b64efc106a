"""Bytes to text: encodings are recognised or refused, never guessed into wrong signs."""

from __future__ import annotations

import codecs
import re

from quizzes.domain.errors import Refusal

#: Signs that no text of ours may hold: PostgreSQL refuses some, markdown and XML others. A form feed or a vertical tab is a blank.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BLANK = re.compile(r"[\x0b\x0c\u2028\u2029\x85]")
_DECLARED = re.compile(r"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"'][^>]{0,200}\?>")
#: What UTF-8 looks like when somebody read it as Windows-1252 and saved it again.
_MOJIBAKE = re.compile(r"â€[\x80-\xbf™œ\x9d“”˜¦]|Ã[\x80-\xbf©¤¶¼Ÿ¨ª«§±³]|Â[\xa0-\xbf]")
_ONE_BYTE = {
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "us-ascii": "ascii",
}


class WrongEncoding(Refusal):
    """Bytes that are no text that we can read for sure."""

    status = 422
    code = "unreadable"


def decode(data: bytes) -> str:
    """The text of a file with line ends as \\n. UTF-8, UTF-16 with its mark, and what an XML declaration names.

    Raises WrongEncoding with what to do for anything else.
    """
    text = _decoded(data)
    if "\x00" in text:
        raise WrongEncoding(
            "The file holds zero bytes: it is not a text, or UTF-16 without its mark. Save it as UTF-8, then upload it again."
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, ""), (codecs.BOM_UTF32_BE, ""), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):  # fmt: skip
        if data.startswith(mark):
            if not name:
                raise WrongEncoding("The file is UTF-32. Save it as UTF-8, then upload it again.")
            return _strict(data[len(mark) :], name)
    declared = _DECLARED.match(data[:500].decode("latin-1"))
    name = declared[1].lower() if declared else "utf-8"
    if name in ("utf-8", "utf8"):
        return _strict(data, "utf-8")
    if name not in _ONE_BYTE:
        raise WrongEncoding(f"The file says that it is {name}, which is not read here. Save it as UTF-8, then upload it again.")
    return _strict(data, _ONE_BYTE[name])


def _strict(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as fault:
        if name != "utf-8":
            raise WrongEncoding(f"The file begins as {name} and does not go on so. Save it as UTF-8, then upload it again.") from None
        line = data.count(b"\n", 0, fault.start) + 1
        advice = "Open it in an editor, save it as UTF-8, then upload it again; of a spreadsheet choose “CSV UTF-8”."
        raise WrongEncoding(
            f"Line {line}: this is not UTF-8 (byte {data[fault.start]:#04x}); it may be Windows-1252 or the like. Nothing was read, so that no sign comes in wrong. {advice}"
        ) from None


def tidy(text: str) -> str:
    """The text without signs that nobody sees and that no table takes, without the blanks around it."""
    return _CONTROL.sub("", _BLANK.sub(" ", text)).strip()


def looks_garbled(text: str) -> bool:
    """Whether a text was read in the wrong encoding before it came here."""
    return "\ufffd" in text or bool(_MOJIBAKE.search(text))
