"""Deleted drafts, kept for a while."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0020_statistics_run'),
    ]

    operations = [
        migrations.CreateModel(
            name='DiscardedDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=100, verbose_name='name')),
                ('stem', models.TextField()),
                ('family', models.SlugField(max_length=100)),
                ('body', models.JSONField(help_text='The working copy, as a version would hold it.')),
                ('tags', models.JSONField(default=list)),
                ('is_pilot', models.BooleanField(default=False)),
                ('origin', models.JSONField(default=dict, help_text='Of an imported one: run, line, file in the package, checksum.')),
                ('discarded_at', models.DateTimeField(db_index=True, verbose_name='deleted')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('discarded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='deleted by')),
            ],
            options={
                'verbose_name': 'deleted draft',
                'ordering': ['-discarded_at', '-pk'],
            },
        ),
    ]
