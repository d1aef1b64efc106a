"""Pictures in the database: brought by imports, kept while anything shows them, taken along by exports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quizzes.domain.errors import NotReady
from quizzes.domain.exchange import Draft, write
from quizzes.domain.items import Option
from quizzes.domain.pictures import look_at
from quizzes.models import DraftOption, Picture, Question, QuestionVersion
from quizzes.queries.exchange import to_export
from quizzes.queries.pictures import uses
from quizzes.services import bank, exchange, pictures
from quizzes.services.exchange import Homes
from tests.factories import T0, make_domain, make_item, make_objective, make_picture_bytes, make_question

pytestmark = pytest.mark.django_db

PICTURE, OTHER = look_at(make_picture_bytes(16)), look_at(make_picture_bytes(99))
LATER = T0 + timedelta(days=2)


def shown(*, stem: str = "", why: str = "") -> tuple[str, tuple[Option, ...]]:
    item = make_item()
    options = (*item.options[:-1], Option(id="d", text=item.options[-1].text, why=f"{item.options[-1].why} {why}".strip(), key=False))
    return f"{item.stem} {stem}".strip(), options


def draft_with(*, stem: str = "", why: str = "", own: bool = True) -> Draft:
    said, options = shown(stem=stem, why=why)
    return Draft(make_item(stem=said, options=options), "with-a-picture", "f", pictures=(PICTURE, OTHER) if own else ())


STEM, WHY = f"![a queue]({PICTURE.address})", f"![a topic]({OTHER.address})"


def take(data: bytes, format: str) -> int:
    homes = Homes(make_objective().pk, make_domain().pk)
    return exchange.import_file(data=data, format=format, file_name="f", homes=homes, now=T0, seed=1)[1]


@pytest.mark.parametrize("format", ["moodle_xml", "qti", "qti3"])
def test_export_and_import_keep_pictures(format: str):
    data = write(format, [draft_with(stem=STEM, why=WHY)], now=T0).data
    assert take(data, format) == 1
    assert {row.digest: bytes(row.data) for row in Picture.objects.all()} == {p.digest: p.data for p in (PICTURE, OTHER)}
    assert exchange.export(questions=to_export(), format=format, now=T0).notes == ()
    again = exchange.export(questions=to_export(), format=format, now=T0).data
    Question.objects.all().delete()
    Picture.objects.all().delete()
    assert take(again, format) == 1
    question = Question.objects.get()
    assert (STEM in question.stem, WHY in question.draft_options.last().why) == (True, True)
    assert Picture.objects.count() == 2


def test_a_format_without_pictures_finds_them_here_and_leaves_words_elsewhere():
    pictures.keep_pictures(found=[PICTURE], now=T0)
    assert take(write("csv", [draft_with(stem=STEM, why=WHY)], now=T0).data, "csv") == 1
    question = Question.objects.get()
    assert STEM in question.stem
    assert question.draft_options.last().why.endswith("(a topic)")


def test_keeping_a_picture_twice_keeps_one():
    pictures.keep_pictures(found=[PICTURE, PICTURE], now=T0)
    pictures.keep_pictures(found=[PICTURE, OTHER], now=LATER)
    assert sorted(Picture.objects.values_list("kept_at", flat=True)) == [LATER, LATER]


def test_many_pictures_are_kept_and_found_in_a_few_statements():
    many = [look_at(make_picture_bytes(n)) for n in range(60)]
    with CaptureQueriesContext(
        connection,
    ) as statements:
        pictures.keep_pictures(found=many, now=T0)
        assert pictures.known([one.address for one in many]) == {one.address for one in many}
        assert set(pictures.load([one.address for one in many])) == {one.address for one in many}
    assert len(statements) <= 12


def test_what_nothing_shows_is_tidied_away_after_a_day():
    pictures.keep_pictures(found=[PICTURE, OTHER], now=T0)
    assert pictures.tidy_pictures(now=T0 + timedelta(hours=23)) == 0
    assert pictures.tidy_pictures(now=LATER) == 2


def _frozen() -> None:
    question = make_question(item=draft_with(stem=STEM).item)
    Question.objects.update(stem="Changed since.")
    assert QuestionVersion.objects.filter(question=question).exists()


def _shipped() -> None:
    Question.objects.filter(pk=make_question().pk).update(shipped_body={"stem": STEM})


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda: Question.objects.filter(pk=make_question(state="draft").pk).update(stem=STEM), id="a draft's stem"),
        pytest.param(lambda: make_question(state="draft") and DraftOption.objects.update(why=STEM), id="a draft's rationale"),
        pytest.param(_frozen, id="an earlier version"),
        pytest.param(_shipped, id="a shipped wording"),
    ],
)  # fmt: skip
def test_what_something_shows_stays(show):  # type: ignore[no-untyped-def]
    show()
    pictures.keep_pictures(found=[PICTURE, OTHER], now=T0)
    assert pictures.tidy_pictures(now=LATER) == 1
    assert Picture.objects.get().digest == PICTURE.digest


def test_a_question_whose_picture_is_missing_is_not_published():
    question = make_question(item=draft_with(stem=STEM).item, state="draft")
    assert "picture" in {finding.rule for finding in bank.review(question) if finding.level == "error"}
    with pytest.raises(NotReady, match="There is no picture"):
        bank.publish_version(question=question, by=None, now=T0)
    pictures.keep_pictures(found=[PICTURE], now=T0)
    assert bank.publish_version(question=question, by=None, now=T0).number == 1


def test_where_a_picture_stands_is_told():
    both, frozen = (
        make_question(item=draft_with(stem=STEM).item, slug="a-both"),
        make_question(item=draft_with(why=STEM).item, slug="b-frozen"),
    )
    Question.objects.filter(pk=make_question(slug="c-draft").pk).update(stem=STEM)
    frozen.draft_options.update(why="Gone.")
    assert [(use.slug, use.where) for use in uses(PICTURE.digest)] == [
        (both.slug, "working copy and versions"), ("b-frozen", "earlier version"), ("c-draft", "working copy"),
    ]  # fmt: skip
    assert uses(OTHER.digest) == []
