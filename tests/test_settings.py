"""Settings: safe without any, and a wrong one is told in one sentence with its name and an example."""

from __future__ import annotations

import os
import runpy
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
NAMES = set(runpy.run_path(str(ROOT / "besa/settings.py"))["EXAMPLES"])


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without any of our settings, and a data folder of its own."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "var"))
    return tmp_path


def settings() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "besa/settings.py"))


def test_no_setting_is_needed_and_the_defaults_are_safe(bare: Path):
    values = settings()
    assert values["DEBUG"] is False
    assert values["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert values["DATABASES"]["default"]["NAME"] == bare / "var" / "besa.sqlite3"
    assert "synchronous=FULL" in values["DATABASES"]["default"]["OPTIONS"]["init_command"]
    assert values["SESSION_ENGINE"].endswith(".db")
    assert values["SESSION_COOKIE_HTTPONLY"] is True


@pytest.mark.parametrize("name", sorted(NAMES - {"DATA_DIR"}))
def test_an_empty_setting_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv("SECRET_KEY", "x" * 40)
    without = settings()
    monkeypatch.setenv(name, "")
    values = settings()
    if name != "SECRET_KEY":
        assert {key: value for key, value in values.items() if key.isupper()} == {
            key: value for key, value in without.items() if key.isupper()
        }
    assert len(values["SECRET_KEY"]) >= 32


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "perhaps"), ("HTTPS", "2"), ("BEHIND_PROXY", "nginx"), ("ALLOWED_HOSTS", "https://study.example.org"),
        ("ALLOWED_HOSTS", "127.0.0.1,study.example.org/app"), ("CSRF_TRUSTED_ORIGINS", "study.example.org"),
        ("CSRF_TRUSTED_ORIGINS", "https://a.example.org,b.example.org"), ("DATABASE_URL", "nonsense"), ("DATABASE_URL", "mysql://besa@127.0.0.1/besa"),
        ("DATABASE_URL", "postgres://besa@127.0.0.1:port/besa"), ("DATABASE_URL", "sqlite:////no/such/folder/besa.sqlite3"),
        ("DATABASE_URL", "sqlite://:memory:"), ("REDIS_URL", "127.0.0.1:6379"), ("REDIS_URL", "http://127.0.0.1"), ("EMAIL_URL", "mail.example.org"),
        ("EMAIL_URL", "pigeon://mail.example.org"), ("EMAIL_URL", "smtp://"), ("EMAIL_URL", "smtp://mail.example.org:port"),
        ("DEFAULT_FROM_EMAIL", "nobody"), ("SQLITE_SYNCHRONOUS", "OFF"), ("MEMORY_ALGORITHM", "sm-2"), ("TIME_ZONE", "Berlin"), ("TIME_ZONE", "Europe"), ("TIME_ZONE", "../etc"),
        ("DATA_DIR", "/dev/null/besa"), ("SECRET_KEY", "short"), ("DATABASE_POOL", "many"), ("DATABASE_POOL", "0"), ("DATABASE_POOL", "4"),
        ("DATABASE_TIMEOUT_S", "soon"), ("DATABASE_TIMEOUT_S", "-1"), ("DATABASE_TIMEOUT_S", "86400"),
        ("LOG_FORMAT", "xml"), ("LOG_LEVEL", "LOUD"), ("DRAIN_SECONDS", "-1"), ("DRAIN_SECONDS", "3600"), ("DRAIN_SECONDS", "long"),
        ("METRICS_PORT", "0"), ("METRICS_PORT", "70000"), ("METRICS_PORT", "http"), ("SENTRY_DSN", "sentry.example.org"),
        ("SENTRY_DSN", "https://sentry.example.org/1"), ("SENTRY_DSN", "https://key@sentry.example.org/"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_with_its_name_and_an_example(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as told:
        settings()
    sentence = str(told.value)
    assert sentence.startswith(f"the setting {name} ")
    assert f"Write it like {name}=" in sentence
    assert "\n" not in sentence


def test_every_setting_can_be_wrong_and_has_an_example_that_is_right(monkeypatch: pytest.MonkeyPatch, bare: Path):
    examples = settings()["EXAMPLES"]
    assert all(example.startswith(f"{name}=") for name, example in examples.items())
    for name, example in examples.items():
        if name not in {"SECRET_KEY", "DATA_DIR"}:  # One is a command, the other a folder that would be made.
            monkeypatch.setenv(name, example.partition("=")[2])
    values = settings()
    assert values["DATABASES"]["default"]["ENGINE"].endswith("postgresql")
    assert values["SESSION_ENGINE"].endswith("cached_db")
    assert values["EMAIL_HOST"] == "mail.example.org"
    assert values["SESSION_COOKIE_SECURE"] is values["CSRF_COOKIE_SECURE"] is values["SECURE_SSL_REDIRECT"] is True
    assert values["SECURE_HSTS_SECONDS"] > 0
    assert values["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_the_proxys_word_is_not_trusted_unless_there_is_one():
    assert "SECURE_PROXY_SSL_HEADER" not in settings()


# -- PostgreSQL ------------------------------------------------------------------------------------------------------


def postgres(monkeypatch: pytest.MonkeyPatch, url: str = "postgres://besa@127.0.0.1:5432/besa", **environment: str) -> dict[str, Any]:
    for name, value in {"DATABASE_URL": url, **environment}.items():
        monkeypatch.setenv(name, value)
    values: dict[str, Any] = settings()["DATABASES"]["default"]
    return values


def test_connections_to_postgres_are_kept_and_every_wait_ends(monkeypatch: pytest.MonkeyPatch):
    values = postgres(monkeypatch, DATABASE_TIMEOUT_S="30")
    assert (values["CONN_MAX_AGE"], values["CONN_HEALTH_CHECKS"]) == (None, True)
    assert values["OPTIONS"]["options"] == ("-c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000 -c statement_timeout=30000")
    assert "pool" not in values["OPTIONS"]


def test_commands_may_take_their_time_and_pages_may_not(monkeypatch: pytest.MonkeyPatch):
    assert "statement_timeout" not in postgres(monkeypatch)["OPTIONS"]["options"]
    for entry in ("wsgi", "asgi"):
        assert 'os.environ.setdefault("DATABASE_TIMEOUT_S", "30")' in (ROOT / f"besa/{entry}.py").read_text()


def test_a_pool_and_kept_connections_exclude_each_other(monkeypatch: pytest.MonkeyPatch):
    values = postgres(monkeypatch, DATABASE_POOL="4")
    assert values["CONN_MAX_AGE"] == 0
    assert values["OPTIONS"]["pool"] == {"min_size": 2, "max_size": 4, "timeout": 10}
    assert postgres(monkeypatch, DATABASE_POOL="1")["OPTIONS"]["pool"]["min_size"] == 1


def test_an_external_pooler_gets_nothing_that_it_does_not_understand(monkeypatch: pytest.MonkeyPatch):
    values = postgres(monkeypatch, DATABASE_POOL="external", DATABASE_TIMEOUT_S="30")
    assert values["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert "options" not in values["OPTIONS"]
    assert "pool" not in values["OPTIONS"]


def test_what_the_address_itself_asks_for_is_kept(monkeypatch: pytest.MonkeyPatch):
    url = "postgres://besa@127.0.0.1:5432/besa?sslmode=verify-full&connect_timeout=2&options=-c%20work_mem%3D8MB"
    options = postgres(monkeypatch, url)["OPTIONS"]
    assert (options["sslmode"], str(options["connect_timeout"])) == ("verify-full", "2")
    assert options["options"].endswith("-c work_mem=8MB")


def test_sessions_lie_in_the_database_and_redis_only_speeds_them_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")
    values = settings()
    assert values["SESSION_ENGINE"].endswith("cached_db")
    assert "spare" not in values["CACHES"][values["SESSION_CACHE_ALIAS"]]["OPTIONS"], "a session of another process would be read"
    assert values["CACHES"]["default"]["OPTIONS"]["spare"] is True


def test_whoever_asks_behind_the_proxy_whether_it_lives_is_not_sent_to_https(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS", "true")
    assert settings()["SECURE_REDIRECT_EXEMPT"] == [r"^healthz$", r"^readyz$"]


def test_static_files_may_lie_apart_from_the_data(monkeypatch: pytest.MonkeyPatch, bare: Path):
    assert settings()["STATIC_ROOT"] == bare / "var" / "static"
    monkeypatch.setenv("STATIC_DIR", "/srv/besa/static")
    assert settings()["STATIC_ROOT"] == Path("/srv/besa/static")


# -- the secret key --------------------------------------------------------------------------------------------------


def test_the_secret_key_is_made_once_and_read_by_its_owner_only(bare: Path):
    first = settings()["SECRET_KEY"]
    path = bare / "var" / "secret_key"
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert settings()["SECRET_KEY"] == first == path.read_text()


def test_a_given_secret_key_makes_no_file(monkeypatch: pytest.MonkeyPatch, bare: Path):
    monkeypatch.setenv("SECRET_KEY", "s" * 32)
    assert settings()["SECRET_KEY"] == "s" * 32
    assert not (bare / "var" / "secret_key").exists()


@pytest.mark.parametrize("content", ["", "cut sho"])
def test_a_key_file_that_was_cut_short_is_told(bare: Path, content: str):
    (bare / "var").mkdir()
    (bare / "var" / "secret_key").write_text(content)
    with pytest.raises(
        ImproperlyConfigured, match=r"the setting SECRET_KEY is not given, and the file .*secret_key holds none\. Remove it"
    ):
        settings()


# -- as an operator meets it -----------------------------------------------------------------------------------------


def start(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in NAMES and name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env={**clean, "DATA_DIR": os.environ["DATA_DIR"], **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("DEBUG", "perhaps"), ("TIME_ZONE", "Berlin"), ("DATA_DIR", "/dev/null/besa")])
def test_the_command_line_ends_with_one_sentence(name: str, value: str):
    ended = start("check", **{name: value})
    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"Cannot start: the setting {name} ")
    assert f"Write it like {name}=" in line


@pytest.mark.parametrize(
    ("name", "value", "package", "extra"),
    [
        ("METRICS_PORT", "9464", "prometheus_client", "ops"), ("SENTRY_DSN", "https://key@sentry.example.org/1", "sentry_sdk", "ops"),
        ("DATABASE_URL", "postgres://besa@127.0.0.1/besa", "psycopg", "scale"), ("REDIS_URL", "redis://127.0.0.1/0", "redis", "scale"),
    ],
)  # fmt: skip
def test_a_setting_that_needs_a_package_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, package: str, extra: str
):
    monkeypatch.setenv(name, value)
    assert settings()["DEBUG"] is False, "with the package it is taken"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured) as told:
        settings()
    assert f"the setting {name} needs the package {package}, which is not installed: run" in str(told.value)
    assert f"'.[{extra}]'" in str(told.value)


def test_without_any_setting_the_command_line_starts(bare: Path):
    ended = start("check")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (bare / "var" / "secret_key").exists()


def test_behind_tls_cookies_are_secure_and_bound_to_the_host_and_browsers_stay(monkeypatch: pytest.MonkeyPatch):
    open_air = settings()
    assert "SESSION_COOKIE_NAME" not in open_air
    assert open_air["SECURE_HSTS_SECONDS"] == 0
    monkeypatch.setenv("HTTPS", "true")
    values = settings()
    assert (values["SESSION_COOKIE_NAME"], values["CSRF_COOKIE_NAME"]) == ("__Host-sessionid", "__Host-csrftoken")
    assert values["SESSION_COOKIE_SECURE"] is values["CSRF_COOKIE_SECURE"] is values["SECURE_SSL_REDIRECT"] is True
    assert values["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert values["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True


@pytest.mark.parametrize(
    "value", ["security@example.org", "http://example.org", "mailto:a@example.org\nExpires: never", "mailto:a b@example.org"]
)
def test_whom_to_tell_is_an_address_that_can_be_followed(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("SECURITY_CONTACT", value)
    with pytest.raises(ImproperlyConfigured, match="SECURITY_CONTACT begins with mailto: or https://"):
        settings()


def test_a_limit_of_guests_is_no_negative_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GUEST_LIMIT", "-1")
    with pytest.raises(ImproperlyConfigured, match="GUEST_LIMIT is a number of guests"):
        settings()


def test_former_keys_are_keys(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "k" * 40 + "," + "l" * 40)
    assert settings()["SECRET_KEY_FALLBACKS"] == ["k" * 40, "l" * 40]
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "short")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FALLBACKS holds former keys"):
        settings()


def test_passwords_are_kept_by_a_slow_function():
    """Django's first hasher, at no fewer rounds than OWASP asks of PBKDF2 with SHA-256 (600,000; Password Storage Cheat Sheet, read 2026-11-26)."""
    assert "PASSWORD_HASHERS" not in settings()
    assert global_settings.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert PBKDF2PasswordHasher.iterations >= 600_000
