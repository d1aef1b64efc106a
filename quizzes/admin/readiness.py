"""How well predictions hold, for instructors: measures over all learners, never a person."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from quizzes.admin.site import DeskAdmin, desk
from quizzes.models import Prediction
from quizzes.queries.readiness import hold_page, hold_rows


@admin.register(Prediction, site=desk)
class PredictionAdmin(DeskAdmin):
    """One page and one table to take along; a single prediction is the learner's own."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("", self.admin_site.admin_view(self.changelist_view), name="quizzes_prediction_changelist"),
            path("csv/", self.admin_site.admin_view(self.csv_view), name="quizzes_prediction_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._require(request)
        context = {**self.admin_site.each_context(request), "title": "How well predictions hold", "page": hold_page()}
        return TemplateResponse(request, "admin/quizzes/prediction/hold.html", context)

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        self._require(request)
        response = HttpResponse(
            content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="predictions.csv"'}
        )
        csv.writer(response).writerows(hold_rows())
        return response

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
