"""What a browser may keep for reading without a link: lessons alone, the same for everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Sum, TextField
from django.db.models.functions import Cast, Length

from quizzes.models import Lesson, LessonSection

#: What stands around a lesson's text on its copy: head, contents, sources, neighbours.
FRAME_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Shelf:
    """How many lessons can be kept, and how large they are together; about, as they lie in the database."""

    lessons: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ShelfLine:
    """A lesson with the address of its copy."""

    number: int
    title: str
    url: str
    copy: str


def copy_url(slug: str) -> str:
    return f"/lessons/{slug}/offline/"


def shelf(lessons: int) -> Shelf:
    """One statement, whatever the number of lessons."""
    size = LessonSection.objects.aggregate(size=Sum(Length(Cast("blocks", TextField()))))["size"] or 0
    return Shelf(lessons, size + lessons * FRAME_BYTES)


def shelf_lines() -> list[ShelfLine]:
    rows = Lesson.objects.order_by("number").values_list("number", "title", "slug")
    return [ShelfLine(number, title, f"/lessons/{slug}/", copy_url(slug)) for number, title, slug in rows]


def shelf_version(look: Iterable[str]) -> str:
    """Another one as soon as any lesson changes, or what they look like: then a browser fetches anew what it keeps."""
    marks = hashlib.sha256()
    for part in look:
        marks.update(f"{part}\n".encode())
    for slug, checksum in Lesson.objects.order_by("number", "slug").values_list("slug", "checksum"):
        marks.update(f"{slug} {checksum}\n".encode())
    return marks.hexdigest()[:16]
