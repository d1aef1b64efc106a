"""When the database cannot do its part: what kinds there are, and how each is told to people and to machines."""

from __future__ import annotations

from enum import StrEnum

#: Seconds after which a browser or a proxy may try again.
RETRY_AFTER_S = 5


class Outage(StrEnum):
    """Why the database did not do what was asked, though nothing was wrong with what was asked."""

    AWAY = "away"
    BUSY = "busy"
    DISK = "disk"
    READ_ONLY = "read-only"
    BEHIND = "behind"


#: What people read, as the beginning of a sentence.
_HAPPENED = {
    Outage.AWAY: "The database cannot be reached at the moment",
    Outage.BUSY: "The database was busy with something else for too long",
    Outage.DISK: "The disk of the server takes nothing more at the moment",
    Outage.READ_ONLY: "The database can only be read at the moment",
    Outage.BEHIND: "The database is being brought up to date at the moment",
}

#: What `/readyz` says: for whoever runs the app.
REASONS = {
    Outage.AWAY: "the database does not answer",
    Outage.BUSY: "the database is locked by another process",
    Outage.DISK: "the disk of the database is full or refuses to write: make room",
    Outage.READ_ONLY: "the database is read-only: look at its file's rights, or whether this is a standby",
    Outage.BEHIND: "tables are missing: run manage.py migrate",
}


class Kept(StrEnum):
    """What became of what a person sent."""

    NOTHING_SENT = "nothing sent"
    BY_SCRIPT = "by script"
    ON_SCREEN = "on screen"
    IN_FORM = "in form"
    NOT_KEPT = "not kept"


_KEPT = {
    Kept.NOTHING_SENT: "so this page cannot be shown just now. Everything that was saved before is kept. Try again in a few seconds.",
    Kept.BY_SCRIPT: "so your last change is not confirmed yet. It stays in this page and is sent again; everything that was saved before is kept.",
    Kept.ON_SCREEN: "so this was not taken. What you typed is still here, and everything that was saved before is kept. Try again in a few seconds.",
    Kept.IN_FORM: "so what you sent is not confirmed yet. It stays in this page: press “Send again” in a few seconds. Everything that was saved before is kept.",
    Kept.NOT_KEPT: "so this was not taken. Everything that was saved before is kept. Go back and send it again in a few seconds.",
}


def sentence(outage: Outage, kept: Kept) -> str:
    """What happened, what is kept, what to do."""
    return f"{_HAPPENED[outage]}, {_KEPT[kept]}"
