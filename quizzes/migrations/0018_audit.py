"""The audit log, which the database itself only lets grow; and the number that a session must know.

SQLite drops a table's triggers when a later migration has to build the table anew. Such a migration must end with `seal` again;
tests/models/test_audit.py fails until it does.
"""

import django.db.models.functions.datetime
from django.db import migrations, models


TABLE = "quizzes_auditentry"


def seal(apps, schema_editor):
    """Refuse every change and every deletion of an entry."""
    unseal(apps, schema_editor)
    if schema_editor.connection.vendor == "postgresql":
        refuse = "EXECUTE FUNCTION quizzes_refuse()"
    else:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{TABLE} row is frozen'); END"
    for verb in ("UPDATE", "DELETE"):
        schema_editor.execute(f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} FOR EACH ROW {refuse}")


def unseal(apps, schema_editor):
    on = f" ON {TABLE}" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_no_{verb}{on}")


class Migration(migrations.Migration):

    dependencies = [
        ('quizzes', '0017_search'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='session_round',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='Sessions hold as long as this number is theirs; counting it up signs out everywhere.'),
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ('action', models.CharField(choices=[('publish', 'version published'), ('mend', 'key mended'), ('unmend', 'mending undone'), ('accommodation', 'time of a person changed'), ('class time', 'window of a class exam changed'), ('export', 'learners’ data taken out'), ('own export', 'own data taken out'), ('removal', 'account removed'), ('rights', 'rights changed'), ('password', 'password set for somebody'), ('second factor', 'second factor changed')], max_length=20)),
                ('actor', models.PositiveBigIntegerField(blank=True, help_text='The number of an account; none for a command.', null=True, verbose_name='done by')),
                ('subject', models.PositiveBigIntegerField(blank=True, help_text='The number of an account; none for a thing.', null=True, verbose_name='concerns')),
                ('target', models.CharField(help_text='The thing it was done to, such as “question async-two”.', max_length=200, verbose_name='what')),
                ('before', models.JSONField(blank=True, default=dict)),
                ('after', models.JSONField(blank=True, default=dict)),
                ('request_id', models.CharField(blank=True, max_length=64)),
            ],
            options={
                'verbose_name': 'entry of the audit log',
                'verbose_name_plural': 'entries of the audit log',
                'ordering': ['-pk'],
                'indexes': [models.Index(fields=['actor'], name='audit_by_actor'), models.Index(fields=['subject'], name='audit_by_subject')],
            },
        ),
        migrations.RunPython(seal, unseal),
    ]
