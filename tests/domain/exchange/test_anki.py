"""The Anki package: a collection that opens, one card for each question, the key behind it alone."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile

from quizzes.domain.exchange import Draft, write
from tests.factories import T0, make_item

KINDS = ("single", "multiple", "matching", "numeric", "ordering")


def collection(drafts: list[Draft]) -> sqlite3.Connection:
    with zipfile.ZipFile(io.BytesIO(write("anki", drafts, now=T0).data)) as package:
        assert json.loads(package.read("media")) == {}
        base = sqlite3.connect(":memory:")
        base.deserialize(package.read("collection.anki2"))
    return base


def test_every_type_is_a_card_with_rationales_behind():
    drafts = [Draft(make_item(type=kind), f"q-{kind}", "f") for kind in KINDS]
    base = collection(drafts)
    assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = [fields.split("\x1f") for (fields,) in base.execute("SELECT flds FROM notes ORDER BY id")]
    assert base.execute("SELECT COUNT(*) FROM cards").fetchone() == (5,)
    for draft, (front, back) in zip(drafts, rows, strict=True):
        assert all(option.why in back and option.why not in front for option in draft.item.options)
        assert "✓" not in front
        assert draft.item.sources[0].url in back
    steps = [rows[4][0].find(option.text) for option in drafts[4].item.options]
    assert steps != sorted(steps)


def test_exporting_again_updates_the_same_notes():
    draft = Draft(make_item(), "a-b", "f")
    (first,), (again,) = (collection([Draft(make_item(), "a-b", "f")]).execute("SELECT guid FROM notes").fetchone() for _ in range(2))
    assert first == again != collection([Draft(draft.item, "other", "f")]).execute("SELECT guid FROM notes").fetchone()[0]
