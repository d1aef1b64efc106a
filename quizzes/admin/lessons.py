"""Lessons and terms as they were loaded from the files, to look at."""

from __future__ import annotations

from django.contrib import admin

from quizzes.admin.site import ReadOnlyAdmin, desk
from quizzes.models import Lesson, Term


@admin.register(Lesson, site=desk)
class LessonAdmin(ReadOnlyAdmin):
    intro = "Lessons live in the files under content/. Change them there and run manage.py sync_content."
    list_display = ("number", "title", "topic", "minutes", "checked")
    list_display_links = ("title",)
    list_select_related = ("topic",)
    list_filter = ("topic",)
    search_fields = ("title", "slug")
    fields = ("number", "slug", "title", "short", "summary", "topic", "objectives", "minutes", "checked", "source")


@admin.register(Term, site=desk)
class TermAdmin(ReadOnlyAdmin):
    intro = "The glossary lives in content/glossary.toml. Change it there and run manage.py sync_content."
    list_display = ("term", "lesson")
    list_filter = ("lesson",)
    search_fields = ("term", "definition")
    fields = ("term", "aliases", "definition", "lesson")
