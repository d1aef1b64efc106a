from importlib import import_module

from django.apps import AppConfig


class QuizzesConfig(AppConfig):
    name = "quizzes"
    verbose_name = "Study"

    def ready(self) -> None:
        import_module("quizzes.checks")
