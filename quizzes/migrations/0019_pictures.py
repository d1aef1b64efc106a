"""Pictures of questions, under the names of their content."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("quizzes", "0018_audit")]
    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="name")),
                (
                    "ending",
                    models.CharField(
                        choices=[("png", "PNG"), ("jpg", "JPG"), ("gif", "GIF"), ("webp", "WEBP")], max_length=4, verbose_name="format"
                    ),
                ),
                ("width", models.PositiveSmallIntegerField()),
                ("height", models.PositiveSmallIntegerField()),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("data", models.BinaryField()),
                (
                    "kept_at",
                    models.DateTimeField(
                        db_index=True,
                        help_text="When it was last brought here; what is young is not tidied away.",
                        verbose_name="kept",
                    ),
                ),
            ],
            options={"ordering": ["-kept_at", "digest"]},
        ),
    ]
