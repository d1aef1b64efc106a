"""The index of the search: one entry for every section, term and current wording, in the words of `domain.search`.

The words stand in the table for the order of hits, and once more where the database looks them up: a tsvector with a GIN index on
PostgreSQL, a table of FTS5 on SQLite. `refresh` writes both; nothing else does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db import connections, models, transaction

from quizzes.domain.markdown import opening
from quizzes.domain.pictures import without
from quizzes.domain.search import Entry, Query, for_postgres, for_sqlite, vector, words_of
from quizzes.models.bank import Question, QuestionVersion
from quizzes.models.lessons import LessonSection, Term

#: Of one kind no more is ordered. The database's own weights say which, where there are more.
MOST = 200

#: Entries whose words the database does not know, as after a restore from the other database.
_UNKNOWN = {
    "postgresql": "vector IS NULL",
    "sqlite": "id NOT IN (SELECT rowid FROM quizzes_searchwords)",
}

#: What is shown of a hit of each kind, and what it is joined with.
_SECTIONS = """l.short, s.title, l.slug, s.anchor, s.text, {found} JOIN quizzes_lessonsection s ON s.id = e.section_id
    JOIN quizzes_lesson l ON l.id = s.lesson_id WHERE {matches}"""
_TERMS = "t.term, t.slug, t.definition, t.aliases, {found} JOIN quizzes_term t ON t.slug = e.term_id WHERE {matches}"
# Through what this learner has seen, and the wording of today: an entry that is behind is not found.
_QUESTIONS = """p.title, q.id, {stem}, {found} JOIN quizzes_questionversion v ON v.id = e.version_id
    JOIN quizzes_question q ON q.current_id = v.id JOIN quizzes_seen n ON n.question_id = q.id AND n.learner_id = %s
    JOIN quizzes_topic p ON p.slug = q.topic_id WHERE {matches}"""
_WORDS = {
    "postgresql": {
        "found": "e.title_words, e.body_words FROM quizzes_searchentry e",
        "matches": "e.vector @@ %s::tsquery ORDER BY ts_rank(e.vector, %s::tsquery) DESC, e.id LIMIT %s",
        "stem": "v.body ->> 'stem'",
    },
    "sqlite": {
        "found": "e.title_words, e.body_words FROM quizzes_searchwords JOIN quizzes_searchentry e ON e.id = quizzes_searchwords.rowid",
        "matches": "quizzes_searchwords MATCH %s ORDER BY bm25(quizzes_searchwords, 5, 1), e.id LIMIT %s",
        "stem": "json_extract(v.body, '$.stem')",
    },
}


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    # -- looking up

    def sections(self, query: Query) -> list[Entry]:
        return [
            Entry(f"{short} › {title}" if title else short, f"/lessons/{slug}/{'#' + anchor if anchor else ''}", text, heads, body)
            for short, title, slug, anchor, text, heads, body in self._found(_SECTIONS, query)
        ]

    def terms(self, query: Query) -> list[Entry]:
        return [
            Entry(term, f"/glossary/#{slug}", _told(definition, json.loads(aliases) if isinstance(aliases, str) else aliases), heads, body)
            for term, slug, definition, aliases, heads, body in self._found(_TERMS, query)
        ]

    def questions(self, query: Query, learner_id: int) -> list[Entry]:
        """Of questions that this learner has seen: the stem alone, and nothing that tells the key."""
        return [
            Entry(
                f"{topic} › {opening(stem, length=60)}",
                f"/questions/{pk}/",
                without(stem, lambda address: True).replace("`", ""),
                heads,
                body,
            )
            for topic, pk, stem, heads, body in self._found(_QUESTIONS, query, learner_id)
        ]

    def _found(self, sql: str, query: Query, *values: int) -> list[tuple[str, ...]]:
        """Rows of up to `MOST` places, in the order in which they stand; nothing where nothing is asked."""
        if not query:
            return []
        connection = connections[self.db]
        on_postgres = connection.vendor == "postgresql"
        asked = [for_postgres(query)] * 2 if on_postgres else [for_sqlite(query)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT e.id, " + sql.format(**_WORDS[connection.vendor]), [*values, *asked, MOST])
            return [row[1:] for row in sorted(cursor.fetchall())]

    # -- keeping in step

    def is_behind(self) -> bool:
        """Whether sections are missing, or words that the database should know: the content was taken in, or restored, without an index."""
        if LessonSection.objects.filter(search_entry=None).exists():
            return True
        connection = connections[self.db]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM quizzes_searchentry WHERE {_UNKNOWN[connection.vendor]} LIMIT 1")  # noqa: S608 (our own words)
            return cursor.fetchone() is not None

    @transaction.atomic
    def refresh(self) -> int:
        """Bring every entry in step with what it stands for; gives how many were written. Cheap where nothing changed."""
        connection = connections[self.db]
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM quizzes_searchentry WHERE {_UNKNOWN[connection.vendor]}")  # noqa: S608 (our own words)
        gone = models.Q(version__isnull=False, version__current_of=None) | models.Q(section__isnull=False, section__lesson=None)
        self.filter(gone | models.Q(term__isnull=False, term__term=None)).delete()
        entries = [_of_section(row) for row in LessonSection.objects.filter(search_entry=None).select_related("lesson")]
        known = {
            term: (heads, body) for term, heads, body in self.filter(term__isnull=False).values_list("term", "title_words", "body_words")
        }
        terms = [_of_term(row) for row in Term.objects.all()]
        entries += [entry for entry in terms if known.get(entry.term_id) != (entry.title_words, entry.body_words)]
        shown = QuestionVersion.objects.filter(current_of__isnull=False, search_entry=None).select_related("current_of__topic")
        entries += [_of_question(version.current_of) for version in shown.order_by("pk")]
        self._write(entries)
        return len(entries)

    @transaction.atomic
    def refresh_question(self, question: Question) -> None:
        """The same for one question that was just published."""
        if not self.filter(version=question.current_id).exists():
            self.filter(version__question=question).delete()
            self._write([_of_question(question)])

    @transaction.atomic
    def rebuild(self) -> int:
        """Write every entry anew, for instance when words are cut otherwise than before."""
        self.all().delete()
        return self.refresh()

    def _write(self, entries: list[SearchEntry]) -> None:
        if not entries:
            return
        self.filter(term__in=[entry.term_id for entry in entries if entry.term_id]).delete()
        connection = connections[self.db]
        made = SearchEntry.objects.bulk_create(entries, batch_size=150)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                rows = [(vector(entry.title_words, entry.body_words), entry.pk) for entry in made]
                cursor.executemany("UPDATE quizzes_searchentry SET vector = %s::tsvector WHERE id = %s", rows)
            else:
                # Entries go with what they stand for; their words go here.
                cursor.execute("DELETE FROM quizzes_searchwords WHERE rowid NOT IN (SELECT id FROM quizzes_searchentry)")
                words = [(entry.pk, entry.title_words, entry.body_words) for entry in made]
                cursor.executemany("INSERT OR REPLACE INTO quizzes_searchwords (rowid, title, body) VALUES (%s, %s, %s)", words)


class SearchEntry(models.Model):
    """What search knows of one place. PostgreSQL has one more column, `vector`; on SQLite the table quizzes_searchwords stands beside it."""

    section = models.OneToOneField(LessonSection, models.CASCADE, null=True, db_constraint=False, related_name="search_entry")
    term = models.OneToOneField(Term, models.CASCADE, null=True, db_constraint=False, related_name="search_entry")
    version = models.OneToOneField(QuestionVersion, models.CASCADE, null=True, db_constraint=False, related_name="search_entry")
    title_words = models.TextField()
    body_words = models.TextField()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(section__isnull=False, term=None, version=None)
                | models.Q(section=None, term__isnull=False, version=None)
                | models.Q(section=None, term=None, version__isnull=False),
                name="an_entry_stands_for_one_place",
            )
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


def _entry(title: str, body: str, **place: object) -> SearchEntry:
    return SearchEntry(title_words=words_of(title).indexed(), body_words=words_of(body).indexed(), **place)


def _of_section(row: LessonSection) -> SearchEntry:
    # The title of the lesson finds its sections too, and weighs nothing in their order: it is the same for all.
    return _entry(f"{row.lesson.short} {row.title}", f"{row.text} {row.lesson.title}", section=row)


def _of_term(row: Term) -> SearchEntry:
    return _entry(row.term, _told(row.definition, row.aliases), term=row)


def _of_question(row: Question) -> SearchEntry:
    assert row.current is not None
    return _entry(row.topic.title, without(row.current.item.stem, lambda address: True), version=row.current)


def _told(definition: str, aliases: Iterable[str]) -> str:
    return f"{definition} Also: {', '.join(aliases)}." if aliases else definition
