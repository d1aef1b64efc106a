"""The tables. Each guards its own truth."""

from quizzes.models.attempts import Attempt, LateAnswer, Response, Seen, Slot
from quizzes.models.audit import AuditEntry
from quizzes.models.bank import Blueprint, DraftOption, DraftSource, Question, QuestionVersion
from quizzes.models.cohorts import Assignment, Cohort, Membership
from quizzes.models.imports import ImportedQuestion, ImportRun
from quizzes.models.invocation import LabPrediction
from quizzes.models.lessons import ContentFile, Domain, Fact, Lesson, LessonProgress, LessonSection, Objective, Term, Topic
from quizzes.models.mendings import KeyMending, MendedResult, Regrade
from quizzes.models.predictions import Prediction
from quizzes.models.reports import Report
from quizzes.models.reviews import Card, Review
from quizzes.models.search import SearchEntry
from quizzes.models.sources import SourcePage
from quizzes.models.statistics import ExamStatistics, ItemStatistics
from quizzes.models.user import Learner, User
from quizzes.models.workflow import BulkChange, BulkRow, Comment, Tag

__all__ = [
    "Assignment",
    "Attempt",
    "AuditEntry",
    "Blueprint",
    "BulkChange",
    "BulkRow",
    "Card",
    "Cohort",
    "Comment",
    "ContentFile",
    "Domain",
    "DraftOption",
    "DraftSource",
    "ExamStatistics",
    "Fact",
    "ImportRun",
    "ImportedQuestion",
    "ItemStatistics",
    "KeyMending",
    "LabPrediction",
    "LateAnswer",
    "Learner",
    "Lesson",
    "LessonProgress",
    "LessonSection",
    "Membership",
    "MendedResult",
    "Objective",
    "Prediction",
    "Question",
    "QuestionVersion",
    "Regrade",
    "Report",
    "Response",
    "Review",
    "SearchEntry",
    "Seen",
    "Slot",
    "SourcePage",
    "Tag",
    "Term",
    "Topic",
    "User",
]
