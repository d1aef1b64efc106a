"""The entry for any WSGI server."""

import os
import signal

from django.core.wsgi import get_wsgi_application

if "BESA_SERVING" in os.environ:
    # A worker of `manage.py serve` that is still loading has nothing to finish. Granian sets a handler of its own afterwards; until then
    # the worker has one that does nothing, and whoever stops the server would wait for it in vain.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besa.settings")
# A page that waits longer for one statement helps nobody; commands may take their time.
os.environ.setdefault("DATABASE_TIMEOUT_S", "30")
application = get_wsgi_application()
if "BESA_SERVING" in os.environ:
    from quizzes.queries.operation import migrations_of_the_code

    migrations_of_the_code()  # so that the first /readyz does not import them while somebody waits
