"""Review, pilots, tags, comments and bulk changes; and the triggers of 0008 again, should the database have built a frozen table anew."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

first_exposures = import_module("quizzes.migrations.0008_first_exposures")

#: So that nobody is taken for a second pair of eyes on what they wrote before.
WRITTEN_BY = "UPDATE quizzes_question SET written_by_id = author_id WHERE author_id IS NOT NULL"


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0013_cohorts'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('tag', 'Tag'), ('untag', 'Take a tag off'), ('move', 'Move to another objective'), ('retire', 'Retire'), ('restore', 'Restore')], max_length=10)),
                ('value', models.CharField(blank=True, help_text='The tag, or the objective that they went to.', max_length=100)),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='BulkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.CharField(blank=True, max_length=100)),
                ('after', models.CharField(blank=True, max_length=100)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('comment', 'said'), ('asked', 'asked for a review'), ('withdrawn', 'took it back from review'), ('returned', 'sent it back'), ('approved', 'approved it'), ('changed', 'changed it after the approval, which no longer holds')], default='comment', max_length=10)),
                ('text', models.TextField(blank=True, max_length=2000)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.RemoveIndex(
            model_name='question',
            name='question_draw',
        ),
        migrations.AddField(
            model_name='question',
            name='approved_checksum',
            field=models.CharField(blank=True, editable=False, help_text='Of the working copy that was approved: the approval holds for this wording alone.', max_length=64),
        ),
        migrations.AddField(
            model_name='question',
            name='asked_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='question',
            name='asked_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='question',
            name='is_pilot',
            field=models.BooleanField(default=False, help_text='Exams draw it only for places that do not count, until its figures hold (domain/pilots.py).', verbose_name='pilot'),
        ),
        migrations.AddField(
            model_name='question',
            name='pilot_kept_at',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='How many answers it had when somebody last decided to keep it a pilot.'),
        ),
        migrations.AddField(
            model_name='question',
            name='review',
            field=models.CharField(blank=True, choices=[('', 'not in review'), ('asked', 'in review'), ('returned', 'sent back'), ('approved', 'approved')], db_index=True, default='', editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='question',
            name='reviewed_by',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='question',
            name='written_by',
            field=models.ForeignKey(editable=False, help_text='Who changed the working copy last.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='questionversion',
            name='reviewed_by',
            field=models.ForeignKey(help_text='The second pair of eyes, where there was one.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='card',
            index=models.Index(condition=models.Q(('lapses__gte', 5)), fields=['family'], name='leech_of_family'),
        ),
        migrations.AddIndex(
            model_name='question',
            index=models.Index(fields=['state', 'in_exams', 'is_pilot', 'objective', 'draw_key'], name='question_draw'),
        ),
        migrations.AddField(
            model_name='bulkchange',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkchange',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkrow',
            name='change',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='quizzes.bulkchange'),
        ),
        migrations.AddField(
            model_name='bulkrow',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bulk_rows', to='quizzes.question'),
        ),
        migrations.AddField(
            model_name='comment',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='question_comments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='comment',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='quizzes.question'),
        ),
        migrations.AddField(
            model_name='tag',
            name='question',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='quizzes.question'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('question', 'name'), name='one_tag_of_a_name'),
        ),
        migrations.RunSQL(WRITTEN_BY, migrations.RunSQL.noop),
        migrations.RunPython(first_exposures.freeze, first_exposures.freeze),
    ]
