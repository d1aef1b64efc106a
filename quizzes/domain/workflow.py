"""The way of a question from a draft to learners: who may take which step from where, and what a review holds for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Review(StrEnum):
    """How the review of a working copy stands."""

    NONE = ""
    ASKED = "asked"
    RETURNED = "returned"
    APPROVED = "approved"


class Step(StrEnum):
    """What somebody can do with a question on its way."""

    ASK = "ask"
    WITHDRAW = "withdraw"
    SEND_BACK = "send back"
    APPROVE = "approve"
    PUBLISH = "publish"
    RETIRE = "retire"
    RESTORE = "restore"


#: What each stage is called: draft, in review, published, retired, and what lies between.
REVIEW_WORDS = {Review.ASKED: "in review", Review.RETURNED: "sent back", Review.APPROVED: "approved"}


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the rules ask about a question. People are their ids; checksums are those of the working copy.

    `written_by` is who changed the working copy last, None where the app or nobody known did.
    """

    state: str  # draft, published or retired: what learners meet
    review: str = Review.NONE
    written_by: int | None = None
    asked_by: int | None = None
    reviewed_by: int | None = None
    wording: str = ""
    approved: str = ""
    is_generated: bool = False

    @property
    def is_approved(self) -> bool:
        """Whether the working copy is, word for word, what a reviewer approved."""
        return self.review == Review.APPROVED and bool(self.approved) and self.approved == self.wording


def stage(state: str, review: str) -> str:
    """Where a question stands in words: draft, in review, published, retired; "published, change in review" where both hold."""
    word = REVIEW_WORDS.get(Review(review), "")
    if not word:
        return state
    return word if state == "draft" else f"{state}, change {word}"


def second_eyes(standing: Standing) -> int | None:
    """Who besides the writer approved exactly this wording; None where nobody did."""
    return standing.reviewed_by if standing.is_approved and standing.reviewed_by != standing.written_by else None


def refusal(step: Step, standing: Standing, *, by: int | None, required: bool = False) -> str:
    """Why a person may not take a step now, as a sentence that says what to do; nothing where they may.

    `required` is whether publishing needs a second pair of eyes.
    """
    if standing.is_generated and step not in (Step.RETIRE, Step.RESTORE):
        return "This question is computed: its wordings come from the app, so nobody reviews or publishes them here. You can retire it."
    return _RULES[step](standing, by, required)


def _ask(standing: Standing, by: int | None, required: bool) -> str:
    if standing.state == "retired":
        return "This question is retired. Restore it first, then ask for a review."
    if standing.review == Review.ASKED:
        return "This question is in review already. Whoever reviews it finds your latest wording."
    if standing.is_approved:
        return "This wording is approved already. Publish it, or change it and ask again."
    return ""


def _withdraw(standing: Standing, by: int | None, required: bool) -> str:
    if standing.review != Review.ASKED:
        return "This question is not in review, so there is nothing to take back."
    if by not in (standing.asked_by, standing.written_by):
        return "Somebody else asked for this review. Send it back with a comment instead."
    return ""


def _judge(standing: Standing, by: int | None, required: bool) -> str:
    if standing.review != Review.ASKED:
        return "This question is not in review any more, perhaps because somebody was faster. Reload the page to see how it stands."
    if by is None or by == (standing.written_by or standing.asked_by):
        return "You were the last to change this wording, so another instructor has to look at it. You can take it back from review."
    return ""


def _publish(standing: Standing, by: int | None, required: bool) -> str:
    if not required or by is None or second_eyes(standing) is not None:
        return ""
    if standing.review == Review.ASKED:
        return "Here a second pair of eyes looks at every wording before learners see it. It is saved and in review; publish it once it is approved."
    if standing.approved and standing.approved != standing.wording:
        return (
            "The wording was changed after it was approved, and an approval holds for exactly what was approved. "
            "It is saved; ask for a review again."
        )
    return "Here a second pair of eyes looks at every wording before learners see it. It is saved; ask another instructor for a review."


def _retire(standing: Standing, by: int | None, required: bool) -> str:
    return "This question is retired already." if standing.state == "retired" else ""


def _restore(standing: Standing, by: int | None, required: bool) -> str:
    return "" if standing.state == "retired" else "This question is not retired, so there is nothing to restore."


_RULES = {
    Step.ASK: _ask,
    Step.WITHDRAW: _withdraw,
    Step.SEND_BACK: _judge,
    Step.APPROVE: _judge,
    Step.PUBLISH: _publish,
    Step.RETIRE: _retire,
    Step.RESTORE: _restore,
}
