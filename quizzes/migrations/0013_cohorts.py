"""Classes, who is in them, and the exams assigned to them."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0012_imports")]
    operations = [
        migrations.CreateModel(
            name="Cohort",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100)),
                ("code", models.CharField(editable=False, max_length=8, unique=True, verbose_name="join code")),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("instructors", models.ManyToManyField(related_name="cohorts", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "class",
                "verbose_name_plural": "classes",
                "ordering": ["-starts_on", "title"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="a_class_ends_after_it_starts"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("joined_at", models.DateTimeField()),
                ("left_at", models.DateTimeField(blank=True, null=True)),
                ("consent_version", models.PositiveSmallIntegerField(help_text="Which words they agreed to (domain/cohort.py).")),
                ("consented_at", models.DateTimeField()),
                (
                    "cohort",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="quizzes.cohort"),
                ),
                (
                    "learner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["joined_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("left_at", None)), fields=("learner", "cohort"), name="one_stay_at_a_time"),
                    models.CheckConstraint(
                        condition=models.Q(("left_at", None), ("left_at__gte", models.F("joined_at")), _connector="OR"),
                        name="nobody_leaves_before_joining",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opens_at", models.DateTimeField(verbose_name="opens")),
                ("closes_at", models.DateTimeField(verbose_name="closes")),
                (
                    "attempts_allowed",
                    models.PositiveSmallIntegerField(
                        default=1,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)],
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="Learners read it above the exam.", max_length=300)),
                (
                    "blueprint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="quizzes.blueprint",
                        verbose_name="exam",
                    ),
                ),
                (
                    "cohort",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="quizzes.cohort"),
                ),
            ],
            options={
                "verbose_name": "assigned exam",
                "ordering": ["opens_at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("closes_at__gt", models.F("opens_at"))), name="a_window_has_a_length"
                    ),
                    models.CheckConstraint(condition=models.Q(("attempts_allowed__gte", 1)), name="an_assigned_exam_can_be_sat"),
                ],
            },
        ),
        # A column without a default is added in place, also on SQLite: the attempts are not copied.
        migrations.AddField(
            model_name="attempt",
            name="assignment",
            field=models.ForeignKey(
                blank=True,
                help_text="The class's exam that this sitting counts for.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="attempts",
                to="quizzes.assignment",
            ),
        ),
    ]
