"""One open review per learner. Of several that are open, the latest goes on; the others end as they stand, and keep what was answered."""

from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery


def end_older(apps, schema_editor):
    attempts = apps.get_model("quizzes", "Attempt").objects.filter(mode="review", submitted_at__isnull=True)
    latest = attempts.filter(learner=OuterRef("learner")).order_by("-started_at", "-pk").values("pk")[:1]
    older = list(attempts.exclude(pk=Subquery(latest)).values_list("pk", flat=True))
    attempts.filter(pk__in=older).update(submitted_at=F("started_at"), finish_reason="handed in")


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0008_first_exposures")]
    operations = [
        migrations.RunPython(end_older, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("mode", "review"), ("submitted_at__isnull", True)), fields=("learner",), name="one_open_review"
            ),
        ),
    ]
