"""Pictures of questions, under addresses that only who has seen the question knows."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from quizzes.domain.pictures import MEDIA_TYPES, NAME
from quizzes.models import Picture


@login_not_required
@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A picture by the name of its content, for good. Whoever reads a lesson without an account sees its checks too, so no sign-in is asked for."""
    named = NAME.fullmatch(name)
    if named is None:
        raise Http404
    mark = f'"{named["digest"]}"'
    if request.headers.get("If-None-Match") == mark:
        response: HttpResponse = HttpResponseNotModified()
    else:
        row = Picture.objects.filter(
            digest=named["digest"], width=named["width"], height=named["height"], ending=named["ending"]
        ).first()  # fmt: skip
        if row is None:
            raise Http404
        response = HttpResponse(bytes(row.data), content_type=MEDIA_TYPES[row.ending])
        response["Content-Disposition"] = f'inline; filename="picture.{row.ending}"'
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["X-Content-Type-Options"] = "nosniff"
    response["ETag"] = mark
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
