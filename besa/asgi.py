"""The entry for an ASGI server. The app is synchronous: WSGI is the faster choice."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besa.settings")
# A page that waits longer for one statement helps nobody; commands may take their time.
os.environ.setdefault("DATABASE_TIMEOUT_S", "30")
application = get_asgi_application()
