"""The entry for any WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besa.settings")
# A page that waits longer for one statement helps nobody; commands may take their time.
os.environ.setdefault("DATABASE_TIMEOUT_S", "30")
application = get_wsgi_application()
