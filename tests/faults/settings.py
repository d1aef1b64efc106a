"""The app as it runs in production, but for hashed files; and nobody waits long for a lock here."""

import os

os.environ["SQLITE_SYNCHRONOUS"] = "FULL"
os.environ["LOG_LEVEL"] = "ERROR"

from besa.settings_test import *  # noqa: F403

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["timeout"] = 1
