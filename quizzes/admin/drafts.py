"""Deleted drafts, and the way back."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from quizzes.admin.site import DeskAdmin, desk
from quizzes.domain.items import from_dict
from quizzes.domain.pictures import without
from quizzes.models import DiscardedDraft
from quizzes.queries.desk import excerpt, preview
from quizzes.services import drafts


@admin.register(DiscardedDraft, site=desk)
class DiscardedDraftAdmin(DeskAdmin):
    """Whoever may delete drafts may bring them back."""

    intro = "Drafts that were deleted within the last 30 days. Open one to look at it and bring it back."
    list_display = ("slug", "short_stem", "author", "discarded_by", "discarded_at")
    list_filter = (("discarded_by", admin.RelatedOnlyFieldListFilter), "discarded_at")
    list_select_related = ("author", "discarded_by")
    search_fields = ("slug", "stem")
    search_help_text = "Looks in names and stems."
    empty_value_display = "–"

    @admin.display(description="stem", ordering="stem")
    def short_stem(self, draft: DiscardedDraft) -> str:
        return excerpt(without(draft.stem, lambda address: True)) or "(no stem yet)"

    def _may(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("quizzes.delete_question"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go by themselves."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self._may(request):
            raise PermissionDenied
        draft = get_object_or_404(DiscardedDraft.objects.select_related("discarded_by"), pk=object_id if object_id.isdecimal() else 0)
        if request.method == "POST":
            question = drafts.bring_back(draft=draft, by=request.user, now=timezone.now(), seed=secrets.randbits(62))  # type: ignore[arg-type]
            self.log_addition(request, question, "Brought back.")
            self.message_user(request, f"{question.slug} is back as a draft.", messages.SUCCESS)
            return redirect("admin:quizzes_question_change", question.pk)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "title": f"Deleted: {draft.slug}", "draft": draft,
            "preview": preview(from_dict(draft.body)), "until": draft.discarded_at + drafts.KEPT,
        }  # fmt: skip
        return TemplateResponse(request, "admin/quizzes/discardeddraft/draft.html", context)
