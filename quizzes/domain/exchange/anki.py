"""Anki: a package (.apkg) to learn from, with rationales. A zip with an SQLite collection of schema 11, which every Anki since 2.0 imports
(AnkiDroid wiki, "Database Structure", read 2026-11-26). Written here because the format is one small table schema.

A note is known by a name made from the slug: exporting again updates it in Anki, and doubles nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from quizzes.domain.exchange import markup
from quizzes.domain.exchange.parsed import Draft, Written
from quizzes.domain.items import Item, Option

#: Names that Anki knows our note type and deck by; never to be changed.
MODEL, DECK = 1_790_000_001, 1_790_000_002
DECK_NAME = "BeSA Serverless"
_SCHEMA = """
CREATE TABLE col (id integer primary key, crt integer not null, mod integer not null, scm integer not null, ver integer not null, dty integer not null,
  usn integer not null, ls integer not null, conf text not null, models text not null, decks text not null, dconf text not null, tags text not null);
CREATE TABLE notes (id integer primary key, guid text not null, mid integer not null, mod integer not null, usn integer not null, tags text not null,
  flds text not null, sfld integer not null, csum integer not null, flags integer not null, data text not null);
CREATE TABLE cards (id integer primary key, nid integer not null, did integer not null, ord integer not null, mod integer not null, usn integer not null,
  type integer not null, queue integer not null, due integer not null, ivl integer not null, factor integer not null, reps integer not null,
  lapses integer not null, left integer not null, odue integer not null, odid integer not null, flags integer not null, data text not null);
CREATE TABLE revlog (id integer primary key, cid integer not null, usn integer not null, ease integer not null, ivl integer not null,
  lastIvl integer not null, factor integer not null, time integer not null, type integer not null);
CREATE TABLE graves (usn integer not null, oid integer not null, type integer not null);
CREATE INDEX ix_notes_usn on notes (usn); CREATE INDEX ix_cards_usn on cards (usn); CREATE INDEX ix_revlog_usn on revlog (usn);
CREATE INDEX ix_cards_nid on cards (nid); CREATE INDEX ix_cards_sched on cards (did, queue, due); CREATE INDEX ix_revlog_cid on revlog (cid);
CREATE INDEX ix_notes_csum on notes (csum);
"""
_CSS = ".card { font-family: sans-serif; font-size: 18px; text-align: left; } .key { font-weight: bold; } code { font-family: monospace; }"


def write(drafts: Sequence[Draft], *, now: datetime) -> Written:
    """A deck with one card for each question: stem and options in front; key, rationales and sources behind."""
    stamp = int(now.timestamp())
    base = sqlite3.connect(":memory:")
    try:
        base.executescript(_SCHEMA)
        base.execute(
            "INSERT INTO col VALUES (1, ?, ?, ?, 11, 0, 0, 0, ?, ?, ?, ?, '{}')",
            (
                stamp,
                stamp * 1000,
                stamp * 1000,
                json.dumps(_conf()),
                json.dumps(_models(stamp)),
                json.dumps(_decks(stamp)),
                json.dumps(_limits()),
            ),
        )
        for n, draft in enumerate(drafts, start=1):
            _add(base, draft, n, stamp)
        base.commit()
        collection = base.serialize()
    finally:
        base.close()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("collection.anki2", collection)
        shown = list({picture.name: picture for draft in drafts for picture in draft.pictures}.values())
        package.writestr("media", json.dumps({str(n): picture.name for n, picture in enumerate(shown)}))
        for n, picture in enumerate(shown):
            package.writestr(str(n), picture.data, zipfile.ZIP_STORED)
    return Written(out.getvalue())


def _add(base: sqlite3.Connection, draft: Draft, n: int, stamp: int) -> None:
    front, back = _front(draft.item), _back(draft.item)
    number = stamp * 1000 + n
    guid = hashlib.sha256(f"besa:{draft.slug or front}".encode()).hexdigest()[:20]
    plain = markup.words_of(front)
    checksum = int(hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()[:8], 16)
    tags = " ".join(part.replace(" ", "_") for part in (draft.item.topic, draft.item.objective, draft.item.level) if part)
    base.execute(
        "INSERT INTO notes VALUES (?, ?, ?, ?, -1, ?, ?, ?, ?, 0, '')",
        (number, guid, MODEL, stamp, f" {tags} ", "\x1f".join([front, back]), plain, checksum),
    )
    base.execute("INSERT INTO cards VALUES (?, ?, ?, 0, ?, -1, 0, 0, ?, 0, 0, 0, 0, 0, 0, 0, 0, '')", (number, number, DECK, stamp, n))


def _front(item: Item) -> str:
    stem = markup.to_xhtml(item.stem)
    options = sorted(item.options, key=lambda option: option.text.casefold()) if item.type == "ordering" else item.options
    rows = "" if item.type == "numeric" else "".join(f"<li>{_inline(option.text)}</li>" for option in options)
    shown = f"{stem}<ul>{rows}</ul>" if item.type in ("ordering", "matching") else f'{stem}<ol type="A">{rows}</ol>' if rows else stem
    if item.type == "matching":
        shown += f"<p>{' · '.join(_inline(target) for target in item.targets)}</p>"
    return shown + (f"<p>({escape(item.unit)})</p>" if item.unit else "")


def _back(item: Item) -> str:
    tag = "ol" if item.type in ("ordering", "single", "multiple") else "ul"
    letters = ' type="A"' if item.is_choice else ""
    rows = "".join(f"<li>{_told(option)}{_why(option)}</li>" for option in item.options)
    sources = "".join(f'<li><a href="{escape(s.url)}">{escape(s.title)}</a>, read {s.checked}</li>' for s in item.sources)
    margin = f"<p>± {escape(item.tolerance)}</p>" if item.type == "numeric" and item.tolerance != "0" else ""
    return f"<{tag}{letters}>{rows}</{tag}>{margin}" + (f"<p>Sources</p><ul>{sources}</ul>" if sources else "")


def _told(option: Option) -> str:
    words = _inline(option.text) + (f" → {_inline(option.match)}" if option.match else "")
    return f'<span class="key">{words} ✓</span>' if option.key else words


def _why(option: Option) -> str:
    return f"<br>{_inline(option.why)}" if option.why else ""


def _inline(text: str) -> str:
    return markup.to_xhtml(text, inline=True)


# -- what a collection says of itself --------------------------------------------------------------------------------


def _models(stamp: int) -> dict[str, Any]:
    field = {"font": "Arial", "media": [], "rtl": False, "size": 20, "sticky": False}
    template = {
        "name": "Question", "ord": 0, "qfmt": "{{Question}}", "afmt": "{{FrontSide}}<hr id=answer>{{Answer}}", "bqfmt": "", "bafmt": "", "did": None, "bfont": "", "bsize": 0,
    }  # fmt: skip
    model = {
        "id": MODEL, "name": "BeSA question", "type": 0, "mod": stamp, "usn": -1, "sortf": 0, "did": DECK, "vers": [], "tags": [], "css": _CSS,
        "latexPre": "\\documentclass[12pt]{article}\n\\begin{document}\n", "latexPost": "\\end{document}", "req": [[0, "any", [0]]],
        "flds": [{**field, "name": "Question", "ord": 0}, {**field, "name": "Answer", "ord": 1}], "tmpls": [template],
    }  # fmt: skip
    return {str(MODEL): model}


def _decks(stamp: int) -> dict[str, Any]:
    day = {"newToday": [0, 0], "revToday": [0, 0], "lrnToday": [0, 0], "timeToday": [0, 0]}
    shape = {**day, "conf": 1, "desc": "", "dyn": 0, "collapsed": False, "extendNew": 10, "extendRev": 50, "mod": stamp, "usn": -1}
    return {"1": {**shape, "id": 1, "name": "Default"}, str(DECK): {**shape, "id": DECK, "name": DECK_NAME}}


def _limits() -> dict[str, Any]:
    new = {"bury": True, "delays": [1, 10], "initialFactor": 2500, "ints": [1, 4, 7], "order": 1, "perDay": 20, "separate": True}
    lapse = {"delays": [10], "leechAction": 0, "leechFails": 8, "minInt": 1, "mult": 0}
    rev = {"bury": True, "ease4": 1.3, "fuzz": 0.05, "ivlFct": 1, "maxIvl": 36500, "minSpace": 1, "perDay": 200}
    return {"1": {"id": 1, "name": "Default", "autoplay": True, "lapse": lapse, "maxTaken": 60, "mod": 0, "new": new, "replayq": True, "rev": rev, "timer": 0, "usn": 0}}  # fmt: skip


def _conf() -> dict[str, Any]:
    return {
        "activeDecks": [1], "addToCur": True, "collapseTime": 1200, "curDeck": 1, "curModel": str(MODEL), "dueCounts": True, "estTimes": True,
        "newBury": True, "newSpread": 0, "nextPos": 1, "sortBackwards": False, "sortType": "noteFld", "timeLim": 0,
    }  # fmt: skip
