"""The entry for an ASGI server. The app is synchronous: WSGI is the faster choice."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "besa.settings")
application = get_asgi_application()
