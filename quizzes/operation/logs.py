"""Log lines: one format for what we say and for what libraries say, JSON for machines or text for people.

Nothing secret is written: lines are made of named facts, an address is told without its query string, and only with parts that name
no secret (`told_path`). A line that cannot be written is dropped: a full disk under the log must not cost anybody an answer.
"""

from __future__ import annotations

import logging
import logging.config
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from django.core.management import get_commands
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

FORMATS = ("auto", "json", "console")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

Line = MutableMapping[str, Any]

#: Control characters would let a stranger begin lines of their own, or colour them.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
#: PostgreSQL tells the values of a row that it refuses: names, addresses, answers.
_VALUES = re.compile(r"^\s*(DETAIL|CONTEXT|PARAMETERS?):.*$", re.M)
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", re.ASCII)


# -- where lines go --------------------------------------------------------------------------------------------------


class _Stderr:
    """Whatever stderr is at this moment; each line is one write."""

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = msg


class StderrHandler(logging.Handler):
    """The same for lines of the standard library's loggers."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
        else:
            _Stderr().msg(line)


class Faults(logging.Filter):
    """Of Django's lines about requests only those with a traceback: that a status was 404 or 503, our own line says."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.exc_info is not None


# -- how they look ---------------------------------------------------------------------------------------------------


def style(wanted: str) -> str:
    """json or console; `auto` is for people where one looks at a terminal, for machines elsewhere."""
    if wanted in ("json", "console"):
        return wanted
    return "console" if sys.stderr.isatty() else "json"


def _render_exception(_: Any, __: str, line: Line) -> Line:
    """The traceback as text: no values of variables, and not what a database tells of rows."""
    wanted = line.pop("exc_info", None)
    if wanted is True:
        wanted = sys.exc_info()
    elif isinstance(wanted, BaseException):
        wanted = (type(wanted), wanted, wanted.__traceback__)
    if wanted and wanted[0] is not None:
        line["exception"] = without_values(logging.Formatter().formatException(wanted))
    return line


def _of_django(_: Any, __: str, line: Line) -> Line:
    """Django's lines about a request name its whole address; ours says which it was."""
    record, words = line["_record"], line.pop("positional_args", ())
    if hasattr(record, "request") and hasattr(record, "status_code"):
        line["event"] = str(record.msg).removesuffix(": %s") % words[:-1]
    return line


def _harmless(_: Any, __: str, line: Line) -> Line:
    """No control characters but in tracebacks, which are escaped as JSON or stand last."""
    for name, value in line.items():
        if isinstance(value, str) and name != "exception" and not name.startswith("_"):
            line[name] = _CONTROL.sub(" ", value)
    return line


def _shared() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _renderer(wanted: str) -> Any:
    if style(wanted) == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), timestamp_key="at", exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
    )


def formatter(wanted: str = "") -> logging.Formatter:
    """The formatter of the standard library's loggers. Granian's process, which has no settings, names no format: the environment does."""
    wanted = wanted or os.environ.get("LOG_FORMAT", "auto")
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            *_shared(),
            structlog.stdlib.add_logger_name,
            _of_django,
            _render_exception,
            _harmless,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(wanted)],
        pass_foreign_args=True,
    )


def configuration(wanted: str, level: str) -> dict[str, Any]:
    """Django's setting LOGGING."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "ours": {"format": wanted, "level": level},
        "formatters": {"line": {"()": "quizzes.operation.logs.formatter", "wanted": wanted}},
        "filters": {"faults": {"()": "quizzes.operation.logs.Faults"}},
        "handlers": {"stderr": {"class": "quizzes.operation.logs.StderrHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "quizzes": {"level": level},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["faults"]},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Django calls this with LOGGING at its start (setting LOGGING_CONFIG)."""
    logging.config.dictConfig({key: value for key, value in settings.items() if key != "ours"})
    ours = settings["ours"]
    structlog.configure(
        processors=[*_shared(), _render_exception, _harmless, _renderer(ours["format"])],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, ours["level"])),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=False,
    )


# -- what may be told ------------------------------------------------------------------------------------------------


def without_values(text: str) -> str:
    """A traceback or message without the values of rows that PostgreSQL adds to what it refuses."""
    return _VALUES.sub(r"\1: left out", text)


def told_path(route: str, path: str, captured: dict[str, Any]) -> str:
    """The path of an address where all that it names are numbers and slugs; its route where it may carry a secret, as in a link of a mail."""
    harmless = all(isinstance(value, int) or str(value).isdecimal() or name == "slug" for name, value in captured.items())
    return path if harmless else f"/{route}"


def request_id(given: str | None) -> str:
    """The number of a request: the proxy's where it is one that can stand in a header, a line and a page; otherwise a new one."""
    if given and _REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(8)


# -- commands --------------------------------------------------------------------------------------------------------

#: These do not end by themselves.
_ENDLESS = {"serve", "metrics"}


@contextmanager
def command(name: str) -> Iterator[None]:
    """A line at the end of a command of ours, and its name and a number of its own on every line that it writes in between.

    Not its words: they name files and people. On a terminal nothing is added to what the command itself says.
    """
    clear_contextvars()
    bind_contextvars(command=name, request_id=secrets.token_hex(8))
    began, outcome = time.perf_counter(), "failed"
    try:
        yield
        outcome = "done"
    except SystemExit as end:
        outcome = "failed" if end.code else "done"
        raise
    finally:
        ours = structlog.is_configured() and get_commands().get(name) == "quizzes" and name not in _ENDLESS
        if ours and not sys.stderr.isatty():
            logger = structlog.get_logger()
            facts = {"outcome": outcome, "seconds": round(time.perf_counter() - began, 3)}
            (logger.info if outcome == "done" else logger.error)("command", **facts)
        clear_contextvars()


def current_id() -> str:
    """The number of the request or command at hand; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))
