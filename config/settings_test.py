"""Settings of the test suite: those of the application, on throw-away data, fast passwords.

`DATABASE_URL` chooses the database, as in production; without it the tests run on SQLite.
"""

import os
import tempfile

os.environ["PILOTIS_DONNEES"] = tempfile.mkdtemp(prefix="pilotis-tests-")
os.environ["PILOTIS_DEMONSTRATION"] = "0"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, PILOTIS_DONNEES, TEMPLATES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Long work is done at once, in the process that asks for it, unless a test starts a worker.
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
# A variable that a template names and no view gives is a mistake: it shows, and a test looks for it.
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "⟪variable absente : %s⟫"
ACCOUNT_RATE_LIMITS = False

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in production: the in-memory database is one connection that the live server's threads
    # share, and concurrent requests fail on it. What the tests write need not survive a power cut.
    DATABASES["default"]["TEST"] = {"NAME": str(PILOTIS_DONNEES / "tests.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
