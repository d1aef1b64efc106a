"""Learners as instructors meet them: a view of the users, with permissions of its own. And how the desk calls things."""

import django.contrib.auth.models
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0002_frozen")]
    operations = [
        migrations.CreateModel(
            name="Learner",
            fields=[],
            options={
                "verbose_name": "learner",
                "verbose_name_plural": "learners",
                "ordering": ["username"],
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("quizzes.user",),
            managers=[("objects", django.contrib.auth.models.UserManager())],
        ),
        migrations.AlterModelOptions(name="blueprint", options={"ordering": ["minutes"], "verbose_name": "exam"}),
        migrations.AlterModelOptions(name="user", options={"verbose_name": "person", "verbose_name_plural": "people"}),
    ]
