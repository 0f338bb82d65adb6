"""Settings. Everything that differs from one installation to another is an environment variable.

The embedded default needs none of them: SQLite, uploads, secret key and e-mails live in
`PILOTIS_DONNEES` (default `var/`). README.md lists the variables.
"""

from pathlib import Path
from typing import Any

from environs import Env

from config.donnees import cle_secrete, dossier_donnees

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

# -- Installation ----------------------------------------------------------------------------------
PILOTIS_DONNEES = dossier_donnees(env.str("PILOTIS_DONNEES", "var"), BASE_DIR)
# The demonstration shows its accounts on the sign-in page and its e-mails on a page: never in production.
PILOTIS_DEMONSTRATION = env.bool("PILOTIS_DEMONSTRATION", False)
PILOTIS_COLLECTIVITE = env.str("PILOTIS_COLLECTIVITE", "")
# Whom to write to about accessibility and personal data.
PILOTIS_CONTACT = env.str("PILOTIS_CONTACT", "")

# The address that people type: links in e-mails are made with it, outside of any request.
PILOTIS_ADRESSE = env.str("PILOTIS_ADRESSE", "http://127.0.0.1:8000").rstrip("/")

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or cle_secrete(PILOTIS_DONNEES)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "bootstrap",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "django_tasks",
    "django_tasks_db",
    "rules",
    "simple_history",
    "documents",
    "comptes",
    "contrats",
    "porteurs",
    "actions",
    "financements",
    "bilans",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "comptes.middleware.ConnexionRequise",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "actions.situation.SituationMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "comptes.contexte.installation",
                "contrats.contexte.identite",
                "bilans.navigation.situation",
            ],
            "builtins": ["comptes.templatetags.typographie"],
        },
    },
]
# Labels, help and errors of every form come from templates/django/forms/: no third party in a form.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# -- Data ------------------------------------------------------------------------------------------
DATABASES = {
    "default": env.dj_db_url("DATABASE_URL", f"sqlite:///{PILOTIS_DONNEES / 'pilotis.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers wait for one another instead of failing: docs/decisions/0002-sqlite.md
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
            "PRAGMA cache_size=-20000;PRAGMA journal_size_limit=27103364;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Shared by the server's processes: the limits on sign-in attempts count them all.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": PILOTIS_DONNEES / "cache",
    }
}
MEDIA_ROOT = PILOTIS_DONNEES / "depots"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Attachments of a bilan: a file, and all those of a bilan, in bytes. The front server must let more through,
# so that who sends too much reads why (deploy/nginx).
PIECE_TAILLE_MAX = 10 << 20
PIECES_NOMBRE_MAX = 20
PIECES_TOTAL_MAX = 60 << 20

# -- Long work: rows of the database taken up by a worker process (manage.py db_worker) -------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# -- Language --------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = False

# -- Signing in ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "comptes.Utilisateur"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accueil"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "comptes.adaptateur.AdaptateurComptes"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = False
# Added to the library's own limits: what a form sends without a session is kept, at most so often (comptes.reprise).
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"saisie_gardee": "30/m/ip"}

# -- E-mails: kept in a folder unless EMAIL_URL names a server -------------------------------------
PILOTIS_COURRIELS = PILOTIS_DONNEES / "courriels"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = PILOTIS_COURRIELS
DEFAULT_FROM_EMAIL = env.str("EMAIL_EXPEDITEUR", "Pilotis <pilotis@localhost>")
if env.str("EMAIL_URL", ""):
    _courriel = env.dj_email_url("EMAIL_URL")
    EMAIL_BACKEND = _courriel["EMAIL_BACKEND"]
    EMAIL_HOST = _courriel["EMAIL_HOST"]
    EMAIL_PORT = _courriel["EMAIL_PORT"]
    EMAIL_HOST_USER = _courriel["EMAIL_HOST_USER"]
    EMAIL_HOST_PASSWORD = _courriel["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS = _courriel["EMAIL_USE_TLS"]
    EMAIL_USE_SSL = _courriel["EMAIL_USE_SSL"]
    EMAIL_TIMEOUT = 20

# -- Static files: served from where they lie, no collecting step ----------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300

# -- Security --------------------------------------------------------------------------------------
_https = env.bool("HTTPS", False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_SSL_REDIRECT = _https
# The limits on sign-in count by address of the visitor: behind the front server, the one that it gives.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _https else 0
SECURE_REDIRECT_EXEMPT = [r"^sante$"]  # probes speak plain HTTP from inside
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 60 * 60 * 12
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env.str("NIVEAU_JOURNAL", "INFO")},
    # what draws and joins a PDF says at every start that it has started
    "loggers": {nom: {"level": "WARNING"} for nom in ("matplotlib", "pikepdf")},
}
