"""The app's own addresses, and the yardstick: a bare Django view."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from quizzes.models import LessonProgress, Topic


@login_not_required
@require_POST
def bare(request: HttpRequest) -> HttpResponse:
    """Reads a session and a user, selects one row and upserts one row: four statements, and nothing else."""
    learner = request.user.pk
    topic = Topic.objects.get(pk=request.POST["topic"])
    LessonProgress.objects.bulk_create(
        [LessonProgress(learner_id=learner, lesson_id=request.POST["lesson"], anchor=topic.pk, visited_at=timezone.now())],
        update_conflicts=True, unique_fields=["learner", "lesson"], update_fields=["anchor", "visited_at"],
    )  # fmt: skip
    return HttpResponse("ok")


urlpatterns = [path("bench/bare/", bare), path("bench/app/", bare), path("", include("besa.urls"))]
