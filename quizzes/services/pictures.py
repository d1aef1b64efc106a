"""The verbs of pictures: keep, find those that a text misses, tidy away what nothing shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from quizzes.domain import pictures
from quizzes.domain.errors import Refusal
from quizzes.domain.exchange.parsed import texts_of
from quizzes.domain.items import Item
from quizzes.domain.pictures import NoPicture
from quizzes.models import DiscardedDraft, DraftOption, Picture, Question, QuestionVersion

#: How long a picture that nothing shows is kept: somebody may be writing its question.
YOUNG = timedelta(days=1)
#: SQLite takes no statement with too many values, and an export should not fill the memory.
BATCH, MOST_EXPORTED = 400, 60_000_000


class WrongPicture(Refusal):
    """A file that is no picture that can be kept."""

    status = 422
    code = "picture"


def keep_pictures(*, found: Iterable[pictures.Picture], now: datetime) -> None:
    """Keep pictures; one that is here already is only marked as brought again."""
    known = {picture.digest: picture for picture in found}
    for digests in _parts(known):
        here = Picture.objects.filter(digest__in=digests)
        here.update(kept_at=now)
        new = set(digests) - set(here.values_list("digest", flat=True))
        Picture.objects.bulk_create(
            [
                Picture(digest=one.digest, ending=one.ending, width=one.width, height=one.height, size=len(one.data), data=one.data, kept_at=now)
                for one in (known[digest] for digest in sorted(new))
            ],
            batch_size=20,
            ignore_conflicts=True,
        )  # fmt: skip


def keep_upload(*, data: bytes, now: datetime) -> Picture:
    """Keep a picture that somebody brings to the desk. Raises WrongPicture."""
    try:
        found = pictures.look_at(data)
    except NoPicture as reason:
        raise WrongPicture(f"The picture was not kept: {reason}. Choose another file.") from None
    keep_pictures(found=[found], now=now)
    return Picture.objects.get(pk=found.digest)


def known(addresses: Collection[str]) -> set[str]:
    """Of these addresses those that lead to a picture."""
    digests = sorted({digest for address in addresses for digest in pictures.digests(address)})
    here = {row.address for part in _parts(digests) for row in Picture.objects.filter(digest__in=part).defer("data")}
    return here.intersection(addresses)


def missing(item: Item) -> list[str]:
    """The addresses in a question that lead to no picture."""
    shown = [address for text in texts_of(item) for address in pictures.addresses(text)]
    here = known(shown) if shown else set()
    return [address for address in dict.fromkeys(shown) if address not in here]


def load(addresses: Collection[str]) -> dict[str, pictures.Picture]:
    """The pictures at these addresses with their bytes. Raises Refusal where they are too many for one file."""
    digests = sorted({digest for address in addresses for digest in pictures.digests(address)})
    found: dict[str, pictures.Picture] = {}
    total = 0
    for part in _parts(digests):
        for row in Picture.objects.filter(digest__in=part).iterator(chunk_size=20):
            total += row.size
            if total > MOST_EXPORTED:
                raise Refusal(
                    f"The pictures of these questions have more than {MOST_EXPORTED // 1_000_000} MB. Export fewer questions at once, by topic."
                )
            found[row.address] = row.shown
    return found


@transaction.atomic
def tidy_pictures(*, now: datetime) -> int:
    """Delete pictures that no working copy and no version shows, and say how many. What came within a day stays."""
    old = Picture.objects.filter(kept_at__lt=now - YOUNG)
    candidates = set(old.values_list("digest", flat=True))
    if not candidates:
        return 0
    for text in _texts():
        candidates -= pictures.digests(text)
    # Asked for its age once more: somebody may have brought it again meanwhile.
    return sum(old.filter(digest__in=part).delete()[0] for part in _parts(candidates))


def _texts() -> Iterator[str]:
    """Every text that shows a picture, in portions."""
    mark = "/media/"
    yield from Question.objects.filter(stem__contains=mark).values_list("stem", flat=True).iterator()
    for name in ("text", "why"):
        yield from DraftOption.objects.filter(**{f"{name}__contains": mark}).values_list(name, flat=True).iterator()
    for rows, name in (
        (QuestionVersion.objects.all(), "body"),
        (DiscardedDraft.objects.all(), "body"),
        (Question.objects.exclude(shipped_body=None), "shipped_body"),
    ):
        told = rows.annotate(said=Cast(name, TextField())).filter(said__contains=mark)
        yield from told.values_list("said", flat=True).iterator(chunk_size=200)


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    listed = sorted(values)
    return (listed[n : n + BATCH] for n in range(0, len(listed), BATCH))
