"""Addresses: the app's own, accounts, the admin."""

from django.urls import include, path

from quizzes.admin import desk

handler429 = "quizzes.views.site.too_many"

urlpatterns = [
    path("", include("quizzes.urls")),
    path("admin/", desk.urls),
]

handler400 = "quizzes.views.site.bad_request"
handler500 = "quizzes.views.site.server_error"
