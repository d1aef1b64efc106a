"""Settings, read from the environment with safe defaults. docs/operating.md lists them all."""

from __future__ import annotations

import os
import secrets
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

from quizzes.operation import logs, metrics

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

#: Example values, shown when a setting cannot be read.
EXAMPLES = {
    "SECRET_KEY": "SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(50))')",
    "SECRET_KEY_FALLBACKS": "SECRET_KEY_FALLBACKS=the-former-key-of-at-least-32-characters",
    "DEBUG": "DEBUG=false",
    "HTTPS": "HTTPS=true",
    "ALLOWED_HOSTS": "ALLOWED_HOSTS=study.example.org,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "CSRF_TRUSTED_ORIGINS=https://study.example.org",
    "DATABASE_URL": "DATABASE_URL=postgres://besa@127.0.0.1:5432/besa",
    "DATABASE_POOL": "DATABASE_POOL=4",
    "DATABASE_TIMEOUT_S": "DATABASE_TIMEOUT_S=30",
    "REDIS_URL": "REDIS_URL=redis://127.0.0.1:6379/0",
    "EMAIL_URL": "EMAIL_URL=smtp://user:secret@mail.example.org:587/?tls=true",
    "SQLITE_SYNCHRONOUS": "SQLITE_SYNCHRONOUS=FULL",
    "TIME_ZONE": "TIME_ZONE=Europe/Berlin",
    "MEMORY_ALGORITHM": "MEMORY_ALGORITHM=fsrs-6",
    "REVIEW_REQUIRED": "REVIEW_REQUIRED=true",
    "OFFLINE_READING": "OFFLINE_READING=false",
    "DATA_DIR": "DATA_DIR=/var/lib/besa",
    "STATIC_DIR": "STATIC_DIR=/srv/besa/static",
    "DEFAULT_FROM_EMAIL": "DEFAULT_FROM_EMAIL=study@example.org",
    "BEHIND_PROXY": "BEHIND_PROXY=true",
    "LOG_FORMAT": "LOG_FORMAT=json",
    "LOG_LEVEL": "LOG_LEVEL=WARNING",
    "DRAIN_SECONDS": "DRAIN_SECONDS=5",
    "SENTRY_DSN": "SENTRY_DSN=https://key@sentry.example.org/1",
    "SENTRY_ENVIRONMENT": "SENTRY_ENVIRONMENT=production",
    "METRICS_PORT": "METRICS_PORT=9464",
    "METRICS_HOST": "METRICS_HOST=127.0.0.1",
    "GUEST_LIMIT": "GUEST_LIMIT=300",
    "SECURITY_CONTACT": "SECURITY_CONTACT=mailto:security@example.org",
    "ADMIN_REQUIRES_2FA": "ADMIN_REQUIRES_2FA=true",
}


def wrong(name: str, what: str = "has a value that cannot be used") -> ImproperlyConfigured:
    """What is wrong with a setting, in one sentence with an example."""
    return ImproperlyConfigured(f"the setting {name} {what}. Write it like {EXAMPLES[name]}")


def read(kind: str, name: str, default: Any) -> Any:
    """One setting of the environment, or a sentence that names it and shows a right value. An empty one counts as not set."""
    if not os.environ.get(name):
        return default
    try:
        return getattr(env, kind)(name)
    except (EnvError, ValueError, KeyError) as problem:
        raise wrong(name) from problem


def need_package(setting: str, package: str, extra: str = "scale") -> None:
    if find_spec(package) is None:
        raise wrong(setting, f"needs the package {package}, which is not installed: run .venv/bin/pip install '.[{extra}]'")


DATA_DIR = Path(read("str", "DATA_DIR", str(BASE_DIR / "var")))
DEBUG = read("bool", "DEBUG", False)
HTTPS = read("bool", "HTTPS", False)
ALLOWED_HOSTS = read("list", "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
if bad := [host for host in ALLOWED_HOSTS if "/" in host]:
    raise wrong("ALLOWED_HOSTS", f"names hosts, without scheme and path, not {bad[0]!r}")
CSRF_TRUSTED_ORIGINS = read("list", "CSRF_TRUSTED_ORIGINS", [])
if bad := [origin for origin in CSRF_TRUSTED_ORIGINS if not origin.startswith(("https://", "http://"))]:
    raise wrong("CSRF_TRUSTED_ORIGINS", f"needs a scheme before {bad[0]!r}")


def data_dir() -> Path:
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise wrong("DATA_DIR", f"names the folder {DATA_DIR}, which cannot be made ({problem.strerror})") from problem
    return DATA_DIR


def secret_key() -> str:
    """The key of the environment, or one made at the first start and kept in a file that only its owner reads."""
    given = os.environ.get("SECRET_KEY", "")
    if given:
        if len(given) < 32:
            raise wrong("SECRET_KEY", "needs at least 32 random characters")
        return given
    path = data_dir() / "secret_key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as problem:
        raise wrong("DATA_DIR", f"names the folder {DATA_DIR}, in which no file can be made ({problem.strerror})") from problem
    key = path.read_text().strip() if path.is_file() else ""
    if len(key) < 32:
        raise wrong(
            "SECRET_KEY",
            f"is not given, and the file {path} holds none. Remove it, and the next start makes a new one, or give the setting",
        )
    return key


SECRET_KEY = secret_key()
# Former keys: what was signed or encrypted under them still holds, what is new gets the new one.
SECRET_KEY_FALLBACKS = read("list", "SECRET_KEY_FALLBACKS", [])
if any(len(key) < 32 for key in SECRET_KEY_FALLBACKS):
    raise wrong("SECRET_KEY_FALLBACKS", "holds former keys, each of at least 32 characters, with commas between them")
SECRET_KEY_IS_LOCAL = not os.environ.get("SECRET_KEY")
ROOT_URLCONF = "besa.urls"
WSGI_APPLICATION = "besa.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "quizzes.User"

INSTALLED_APPS = [
    "quizzes",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]

MIDDLEWARE = [
    "quizzes.middleware.RequestMiddleware",
    # The three that set headers stand before all others, so that files and error pages carry them too.
    "quizzes.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "quizzes.middleware.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "quizzes.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def sqlite(path: Path) -> dict[str, Any]:
    """SQLite that survives many readers, one writer and a power cut (docs/decisions/0003)."""
    synchronous = read("str", "SQLITE_SYNCHRONOUS", "FULL").upper()
    if synchronous not in {"FULL", "NORMAL"}:
        raise wrong("SQLITE_SYNCHRONOUS", f"is FULL or NORMAL, not {synchronous}")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                f"PRAGMA journal_mode=WAL;PRAGMA synchronous={synchronous};PRAGMA foreign_keys=ON;"
                "PRAGMA temp_store=MEMORY;PRAGMA cache_size=-20000;PRAGMA mmap_size=1073741824;"
                "PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def database() -> dict[str, Any]:
    given = read("dj_db_url", "DATABASE_URL", None)
    if DATABASE_POOL and (not given or given["ENGINE"].endswith("sqlite3")):
        raise wrong("DATABASE_POOL", "is for PostgreSQL, and DATABASE_URL names none")
    if not given:
        return sqlite(data_dir() / "besa.sqlite3")
    if given["ENGINE"].endswith("sqlite3"):
        path = Path(given["NAME"])
        if path.name == ":memory:" or not path.parent.is_dir():
            raise wrong("DATABASE_URL", f"names the file {path}, whose folder is not there")
        return sqlite(path)
    if not given["ENGINE"].endswith("postgresql"):
        raise wrong("DATABASE_URL", "names a database that is not supported")
    need_package("DATABASE_URL", "psycopg")
    return postgres(given)


def postgres(given: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL with kept connections, and an end to every wait (docs/decisions/0027)."""
    # A server that is gone is noticed within half a minute, not after the operating system's hours.
    patience: dict[str, Any] = {
        "connect_timeout": 5, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000,
    }  # fmt: skip
    theirs = dict(given.get("OPTIONS", {}))
    if DATABASE_POOL == "external":
        # One like PgBouncer in transaction mode: it hands connections around, and takes no start-up options.
        return {
            **given, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True,
            "OPTIONS": {**patience, **theirs},
        }  # fmt: skip
    limits = {"lock_timeout": 10_000, "idle_in_transaction_session_timeout": 60_000, "statement_timeout": DATABASE_TIMEOUT_S * 1000}
    ours = " ".join(f"-c {name}={ms}" for name, ms in limits.items() if ms)
    options = {**patience, **theirs, "options": f"{ours} {theirs.get('options', '')}".strip()}
    if not DATABASE_POOL:
        return {**given, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}
    most = int(DATABASE_POOL)
    pool = {"min_size": min(2, most), "max_size": most, "timeout": 10}
    return {**given, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "OPTIONS": {**options, "pool": pool}}


DATABASE_POOL = read("str", "DATABASE_POOL", "")
if DATABASE_POOL not in {"", "external"} and not (DATABASE_POOL.isdecimal() and 1 <= int(DATABASE_POOL) <= 100):
    raise wrong("DATABASE_POOL", f"is a number of connections from 1 to 100, or external, not {DATABASE_POOL!r}")
DATABASE_TIMEOUT_S = read("int", "DATABASE_TIMEOUT_S", 0)
if not 0 <= DATABASE_TIMEOUT_S <= 3600:
    raise wrong("DATABASE_TIMEOUT_S", f"is a number of seconds from 0 to 3600, not {DATABASE_TIMEOUT_S}")
DATABASES = {"default": database()}
REDIS_URL = read("str", "REDIS_URL", "")
if REDIS_URL:
    if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        raise wrong("REDIS_URL")
    need_package("REDIS_URL", "redis")
if REDIS_URL:
    # What counts goes on in the process's own memory while Redis is lost; a session is then read where it lies, in the database.
    redis = {"BACKEND": "quizzes.cache.TolerantRedisCache", "LOCATION": REDIS_URL}
    CACHES: dict[str, dict[str, Any]] = {
        "default": {**redis, "KEY_PREFIX": "besa", "OPTIONS": {"spare": True}},
        "sessions": {**redis, "KEY_PREFIX": "besa-session", "OPTIONS": {"longest_s": 600}},
    }
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    SESSION_CACHE_ALIAS = "sessions"
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "besa", "OPTIONS": {"MAX_ENTRIES": 5_000},
        }
    }  # fmt: skip
    SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 180

LANGUAGE_CODE = "en-gb"
TIME_ZONE = read("str", "TIME_ZONE", "UTC")
try:
    ZoneInfo(TIME_ZONE)
except (KeyError, ValueError, OSError) as problem:
    raise wrong("TIME_ZONE", f"names no time zone: {TIME_ZONE!r}") from problem
USE_TZ = True
USE_I18N = False

# How reviews are planned. After a change, `manage.py rebuild_memory` brings every card to it.
MEMORY_ALGORITHM = read("str", "MEMORY_ALGORITHM", "fsrs-6")
if MEMORY_ALGORITHM not in {"fsrs-6", "fsrs-5"}:
    raise wrong("MEMORY_ALGORITHM", f"is fsrs-6 or fsrs-5, not {MEMORY_ALGORITHM!r}")

# Whether a second pair of eyes looks at every wording before learners see it.
REVIEW_REQUIRED = read("bool", "REVIEW_REQUIRED", False)

# Whether browsers keep lessons for reading without a link. Switched off, it is also withdrawn where it was on (docs/decisions/0031).
OFFLINE_READING = read("bool", "OFFLINE_READING", True)

STATIC_URL = "static/"
# `serve` collects them where the data lies, unless they came collected: with an image, for instance, whose disk is read-only.
STATIC_CAME_COLLECTED = bool(os.environ.get("STATIC_DIR"))
STATIC_ROOT = Path(read("str", "STATIC_DIR", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "quizzes.storage.BundledStaticFilesStorage"},
}
CONTENT_DIR = BASE_DIR / "content"

# Accounts: username or e-mail and password; the flows and their rate limits are django-allauth's.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
] + [{"NAME": "quizzes.forms.passwords.WordsOfThisSiteValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "today"
ACCOUNT_ADAPTER = "quizzes.views.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
# Our own views send signed-in people on: a guest counts as not signed in there.
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "BeSA Serverless: "
# The address of a person is User.email and nothing else; allauth's own generator would keep a second list of addresses.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 (a path, no secret)
# Wider than allauth's defaults: a class signs up in the same minute from one address. Failed sign-ins keep their own, tight limit.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "signup": "60/m/ip"}

# A second step behind the password, for those who want one: codes of an app, recovery codes, passkeys (docs/decisions/0029).
MFA_ADAPTER = "quizzes.forms.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# No address is verified here, so none can stand in the way.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
# Whom to tell about a hole: /.well-known/security.txt names it, and the page on privacy.
SECURITY_CONTACT = read("str", "SECURITY_CONTACT", "")
if SECURITY_CONTACT and (not SECURITY_CONTACT.startswith(("mailto:", "https://")) or any(sign.isspace() for sign in SECURITY_CONTACT)):
    raise wrong("SECURITY_CONTACT", f"begins with mailto: or https://, without spaces, not like {SECURITY_CONTACT!r}")
# Whether the desk opens only to those who have a second factor.
ADMIN_REQUIRES_2FA = read("bool", "ADMIN_REQUIRES_2FA", False)

# Guests that may begin from one address in ten minutes; each becomes a row. A school behind one address may need more.
GUEST_LIMIT = read("int", "GUEST_LIMIT", 300)
if GUEST_LIMIT < 0:
    raise wrong("GUEST_LIMIT", "is a number of guests, or 0 for no limit")

EMAIL_URL = os.environ.get("EMAIL_URL", "")
if EMAIL_URL:
    if urlsplit(EMAIL_URL).scheme not in {"smtp", "submission", "submit"} or not urlsplit(EMAIL_URL).hostname:
        raise wrong("EMAIL_URL")
    vars().update({k: v for k, v in read("dj_email_url", "EMAIL_URL", {}).items() if k.isupper()})
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = read("str", "DEFAULT_FROM_EMAIL", "BeSA Serverless <noreply@localhost>")
if "@" not in DEFAULT_FROM_EMAIL:
    raise wrong("DEFAULT_FROM_EMAIL", f"holds no address: {DEFAULT_FROM_EMAIL!r}")

# Security. Nothing is inline, so the policy needs no nonce and no exception.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CSRF_FAILURE_VIEW = "quizzes.views.site.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if HTTPS:
    # The browser itself then holds them to this very host, over TLS: no neighbour under the same domain can set them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Who asks a process whether it lives stands behind the proxy, and speaks plain http.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
#: Only a proxy's own number of a request is taken over: anybody could send one.
TRUST_REQUEST_ID = read("bool", "BEHIND_PROXY", False)
if TRUST_REQUEST_ID:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # Without it every learner has the proxy's address, and the limits on sign-in would count them as one.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Lines of the log (quizzes/operation/logs.py): requests, commands, and what libraries say, in one format.
LOG_FORMAT = read("str", "LOG_FORMAT", "auto")
if LOG_FORMAT not in logs.FORMATS:
    raise wrong("LOG_FORMAT", f"is auto, json or console, not {LOG_FORMAT!r}")
LOG_LEVEL = read("str", "LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in logs.LEVELS:
    raise wrong("LOG_LEVEL", f"is DEBUG, INFO, WARNING or ERROR, not {LOG_LEVEL!r}")
LOGGING_CONFIG = "quizzes.operation.logs.configure"
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL)

# How long /readyz says 503 before `manage.py serve` stops accepting, so that a load balancer can look elsewhere in time.
DRAIN_SECONDS = read("float", "DRAIN_SECONDS", 0)
if not 0 <= DRAIN_SECONDS <= 300:
    raise wrong("DRAIN_SECONDS", f"is 0 to 300, not {DRAIN_SECONDS:g}")

# Figures for Prometheus, told on a port of their own by `manage.py serve` or `manage.py metrics`.
METRICS_PORT = read("int", "METRICS_PORT", None)
METRICS_HOST = read("str", "METRICS_HOST", "127.0.0.1")
METRICS_FOLDER = None
if METRICS_PORT is not None:
    if not 1 <= METRICS_PORT <= 65535:
        raise wrong("METRICS_PORT", f"is a port from 1 to 65535, not {METRICS_PORT}")
    need_package("METRICS_PORT", "prometheus_client", "ops")
    METRICS_FOLDER = metrics.folder(METRICS_PORT, DATA_DIR)

# Faults are told to Sentry where it has an address; what is sent is cut down in quizzes/operation/sentry.py.
SENTRY_DSN = read("str", "SENTRY_DSN", "")
SENTRY_ENVIRONMENT = read("str", "SENTRY_ENVIRONMENT", "production")
RELEASE = f"besa-serverless@{tomllib.loads((BASE_DIR / 'pyproject.toml').read_text())['project']['version']}" if SENTRY_DSN else ""
if SENTRY_DSN:
    try:
        parts = urlsplit(SENTRY_DSN)
    except ValueError as problem:
        raise wrong("SENTRY_DSN") from problem
    if parts.scheme not in {"https", "http"} or not parts.username or not parts.path.strip("/").rpartition("/")[2].isdecimal():
        raise wrong("SENTRY_DSN")
    need_package("SENTRY_DSN", "sentry_sdk", "ops")

MESSAGE_STORAGE = "quizzes.storage.Messages"
