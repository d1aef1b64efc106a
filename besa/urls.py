"""Addresses: the app's own, accounts, the admin."""

from django.contrib import admin
from django.urls import include, path

from quizzes.views.accounts import admin_entrance

urlpatterns = [
    path("", include("quizzes.urls")),
    path("admin/login/", admin_entrance),
    path("admin/", admin.site.urls),
]
