"""The instructors' desk: Django's own admin in our look. Every module registers its tables with the one desk."""

from quizzes.admin import attempts, audit, bank, cohorts, exchange, lessons, mendings, people, readiness, reports, sources
from quizzes.admin.site import desk

__all__ = ["attempts", "audit", "bank", "cohorts", "desk", "exchange", "lessons", "mendings", "people", "readiness", "reports", "sources"]
