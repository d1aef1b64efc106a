"""Runs of statistics that are worked off in portions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0019_pictures'),
    ]

    operations = [
        migrations.CreateModel(
            name='StatisticsRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('stopped', 'stopped'), ('failed', 'failed')], default='running', max_length=10)),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('moved_at', models.DateTimeField(verbose_name='last portion')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='exams read')),
                ('of', models.PositiveIntegerField(verbose_name='of')),
                ('upto', models.BigIntegerField(default=0, help_text='Sittings up to this number are counted.')),
                ('last', models.BigIntegerField(help_text='Sittings beyond this number came after the start.')),
                ('stamp', models.CharField(help_text='Of the mended keys that the counts rest on.', max_length=60)),
                ('claimed_until', models.DateTimeField(help_text="Until then somebody's request counts a portion.", null=True)),
                ('versions', models.PositiveIntegerField(null=True, verbose_name='versions computed')),
                ('error', models.TextField(blank=True)),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'statistics run',
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='StatisticsPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upto', models.BigIntegerField()),
                ('data', models.BinaryField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='quizzes.statisticsrun')),
            ],
            options={
                'ordering': ['run', 'upto'],
            },
        ),
        migrations.AddConstraint(
            model_name='statisticsrun',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('state',), name='one_statistics_run_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='statisticspart',
            constraint=models.UniqueConstraint(fields=('run', 'upto'), name='one_part_for_each_portion'),
        ),
    ]
