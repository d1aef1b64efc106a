"""How often something may be asked for, counted in the cache: with Redis for all processes together, without it for each.

Signing in, signing up and passwords are counted by django-allauth (`ACCOUNT_RATE_LIMITS`); this is for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from quizzes.domain.errors import TooOften


@dataclass(frozen=True, slots=True)
class Limit:
    """So many in so many seconds, of one person; of one address for who is nobody yet. `sentence` says what happened, what is kept, what to do."""

    most: int
    window_s: int
    sentence: str
    most_of_address: int = 0  # behind one address a whole class may sit; 0: as `most`


LIMITS = {
    "report": Limit(20, 3600, "You have sent many reports in a short time. All of them are kept; this one was not taken. Try again in {wait}."),
    "own-export": Limit(10, 600, "You have taken your data out several times just now. Nothing is lost. Try again in {wait}."),
    "export": Limit(60, 600, "You have taken many tables out in a short time. Nothing was changed. Try again in {wait}."),
    "import": Limit(30, 600, "You have uploaded many files in a short time. What was taken is kept; this file was not read. Try again in {wait}."),
    "search": Limit(120, 60, "You have searched very often in the last minute. Nothing is lost. Try again in {wait}.", 1200),
}  # fmt: skip

GUESTS_WINDOW_S = 600
GUESTS = (
    "Many people have begun from your network in the last minutes, so no new guest can begin there just now. Nothing was kept of this press. "
    "Sign up or sign in, which works at once, or try again in {wait}."
)


def require(request: HttpRequest, what: str) -> None:
    """Count one more of these by this person, or raise TooOften."""
    limit = LIMITS[what]
    if request.user.is_authenticated:
        _count(f"{what}:{request.user.pk}", limit.most, limit.window_s, limit.sentence)
    else:
        _count(f"{what}:{get_ip(request)}", limit.most_of_address or limit.most, limit.window_s, limit.sentence)


def require_guest(request: HttpRequest) -> None:
    """Count one more guest from this address, or raise TooOften: each becomes a row. `GUEST_LIMIT` says how many; 0 for no limit."""
    if settings.GUEST_LIMIT:
        _count(f"guest:{get_ip(request)}", settings.GUEST_LIMIT, GUESTS_WINDOW_S, GUESTS)


def _count(who: str, most: int, window_s: int, sentence: str) -> None:
    """One more under this name in the window that the clock is in."""
    now = int(timezone.now().timestamp())
    window, passed = divmod(now, window_s)
    key = f"limit:{who}:{window}"
    cache.add(key, 0, window_s)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, window_s)
        count = 1
    if count > most:
        wait_s = window_s - passed
        raise TooOften(sentence.format(wait=_in_words(wait_s)), wait_s=wait_s)


def _in_words(wait_s: int) -> str:
    minutes = -(-wait_s // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
