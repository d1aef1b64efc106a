"""Settings of the test run: the same app, quick hashing, no compressed files, no rate limits between tests."""

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="besa-test-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-not-a-secret-at-all")

from besa.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
WHITENOISE_AUTOREFRESH = True
ACCOUNT_RATE_LIMITS = False
ALLOWED_HOSTS = ["*"]
