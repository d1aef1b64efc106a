import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from quizzes.models import Attempt, User
from quizzes.services import content
from quizzes.services.demo import NotEmpty, seed_demo
from tests.factories import T0, make_learner

pytestmark = pytest.mark.django_db


def test_a_demonstration_is_made_once_by_the_verbs_of_the_app():
    content.sync(settings.CONTENT_DIR, now=T0)
    learner = seed_demo(now=T0)
    before = Attempt.objects.count()
    assert seed_demo(now=T0) == learner
    assert Attempt.objects.count() == before
    exams = Attempt.objects.of(learner).exams()
    assert exams.filter(scaled__isnull=False).count() == 2
    assert exams.unfinished().count() == 1


def test_a_demonstration_does_not_come_among_real_learners():
    make_learner()
    with pytest.raises(NotEmpty):
        seed_demo(now=T0)
    with pytest.raises(CommandError, match="real learners"):
        call_command("seed_demo")
    assert not User.objects.filter(username="ana").exists()
