"""Pictures of questions: what is here, where it stands, and another one brought along."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html

from quizzes.admin.site import DeskAdmin, desk
from quizzes.domain.errors import Refusal
from quizzes.domain.pictures import marked
from quizzes.forms.bank import problems
from quizzes.forms.pictures import PictureForm
from quizzes.models import Picture
from quizzes.queries import pictures as queries
from quizzes.services import pictures


@admin.register(Picture, site=desk)
class PictureAdmin(DeskAdmin):
    """Whoever may write questions may bring pictures for them."""

    intro = "Pictures that stand in questions. Those that no question shows any more are deleted after a day."
    list_display = ("look", "ending", "measures", "bytes", "kept_at")
    list_display_links = None
    list_filter = ("ending",)
    csv_values = {"look": lambda row: row.address, "bytes": lambda row: row.size}
    ordering = ("-kept_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        rows: QuerySet[Picture] = super().get_queryset(request)
        return rows.defer("data")

    @admin.display(description="picture", ordering="digest")
    def look(self, row: Picture) -> str:
        return format_html(
            '<a href="{}/change/"><img class="thumb" src="{}" alt="Picture {}" width="{}" height="{}" loading="lazy"></a>',
            row.pk, row.address, row.digest[:12], row.width, row.height,
        )  # fmt: skip

    @admin.display(description="measures", ordering="width")
    def measures(self, row: Picture) -> str:
        return f"{row.width} × {row.height}"

    @admin.display(description="size", ordering="size")
    def bytes(self, row: Picture) -> str:
        return filesizeformat(row.size)

    def _may_write(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("quizzes.add_question"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may_write(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_write(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A picture is never changed: another one has another name."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What nothing shows goes by itself, and the rest is needed."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PictureForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                row = pictures.keep_upload(data=form.cleaned_data["file"].read(), now=timezone.now())
                self.message_user(request, "The picture is here. Copy its mark into the question.", messages.SUCCESS)
                return redirect("admin:quizzes_picture_change", row.pk)
            except Refusal as refusal:
                form.add_error("file", str(refusal))
        context = {"title": "Bring a picture", "form": form, "problems": problems(form) if form.is_bound else []}
        return self._page(request, "upload.html", context, status=422 if form.is_bound else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        row = get_object_or_404(Picture.objects.defer("data"), pk=object_id)
        context = {
            "title": "Picture", "picture": row, "mark": marked("What it shows", row.address), "uses": queries.uses(row.digest),
        }  # fmt: skip
        return self._page(request, "picture.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/quizzes/picture/{template}", context, status=status)
