"""Sittings: start, answer, save, look over, hand in, result."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quizzes.forms.attempts import CONFIDENCE, AnswerForm, DraftForm, PracticeForm, ReviewForm, WaitingForm
from quizzes.models import Attempt, Blueprint, Slot
from quizzes.queries import attempts as queries
from quizzes.queries import bank
from quizzes.queries.cohorts import assigned_lines
from quizzes.queries.due import review_start
from quizzes.services import attempts
from quizzes.views.parts import for_learner, learner_of, page_or_part, wants_json, wants_part


def new_seed() -> int:
    """A seed for one draw, from the system's own randomness."""
    return secrets.randbits(62)


# -- starting --------------------------------------------------------------------------------------------------------


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    page = bank.practice_page(learner_of(request), section=request.POST.get("section", request.GET.get("section", "")))
    form = PracticeForm(
        request.POST if request.method == "POST" else None, topics=[(topic.slug, topic.title) for topic in page.topics],
        initial={"topics": request.GET.getlist("topic"), "kind": request.GET.get("kind", "all"), "size": "10", "section": page.section.place if page.section else ""},
    )  # fmt: skip
    if form.is_valid():
        return redirect(for_learner(request, attempts.start_practice, now=now, seed=new_seed(), **form.cleaned_data))
    return render(request, "quizzes/practice/start.html", {"page": page, "form": form}, status=422 if form.is_bound else 200)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What is due, and the button that begins; an open review goes on."""
    now = timezone.now()
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return redirect(for_learner(request, attempts.start_review, size=form.cleaned_data["size"], now=now, seed=new_seed()))
    context = {"page": review_start(learner_of(request), now=now), "form": form}
    return render(request, "quizzes/practice/review.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_safe
def exams(request: HttpRequest) -> HttpResponse:
    learner, now = learner_of(request), timezone.now()
    context = {
        "cards": queries.exam_cards(learner, now=now), "lines": queries.exam_lines(learner), "assigned": assigned_lines(learner, now=now),
    }  # fmt: skip
    return render(request, "quizzes/exams/list.html", context)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def exam(request: HttpRequest, slug: str) -> HttpResponse:
    """What awaits you, and the button that starts the clock."""
    learner, now = learner_of(request), timezone.now()
    if request.method == "POST":
        blueprint = get_object_or_404(Blueprint, slug=slug, is_open=True)
        return redirect(for_learner(request, attempts.start_exam, blueprint=blueprint, now=now, seed=new_seed()))
    page = queries.exam_page(slug, learner, now=now)
    if page is None:
        raise Http404
    return render(request, "quizzes/exams/start.html", {"page": page})


# -- answering -------------------------------------------------------------------------------------------------------


def _attempt(request: HttpRequest, pk: int) -> Attempt:
    """This learner's attempt, closed first if its time is up."""
    attempt = get_object_or_404(Attempt.objects.of(request.user).select_related("blueprint", "prediction"), pk=pk)
    attempts.close_if_expired(attempt=attempt, now=timezone.now())
    return attempt


@require_safe
def attempt(request: HttpRequest, pk: int) -> HttpResponse:
    """Where this attempt goes on."""
    row = _attempt(request, pk)
    if row.is_finished:
        return redirect("result", pk)
    position = queries.next_place(row)
    if position is None:
        attempts.hand_in(learner=row.learner, attempt=pk, now=timezone.now())
        return redirect("result", pk)
    return redirect("slot", pk, position)


@require_http_methods(["GET", "HEAD", "POST"])
def slot(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    now = timezone.now()
    place = Slot.objects.place(learner_id=request.user.pk, attempt=pk, position=position)
    if place is None:
        raise Http404
    row = place.attempt
    closed = attempts.close_if_expired(attempt=row, now=now)
    if row.rules.saves_drafts:
        if request.method == "POST":
            return _save_by_form(request, place)
        if closed:
            return redirect("result", pk)
        if request.headers.get("Purpose") != "prefetch":  # The page fetches the next question ahead, before anybody sees it.
            attempts.open_slot(slot=place, now=now)
        page = queries.slot_page(place, now=now)
        context = {"page": page, "save_id": secrets.token_urlsafe(12)}
        return page_or_part(request, "quizzes/exams/slot.html", context)
    form = AnswerForm(request.POST if request.method == "POST" else None, item=place.version.item)
    response, status = None, 200
    if form.is_valid():
        data = form.cleaned_data
        response = attempts.answer_slot(
            learner=request.user,  # type: ignore[arg-type]
            slot=place,
            letters=data["answer"],
            confidence=data["confidence"],
            spent_ms=data["spent_ms"],
            now=now,
        )
        if not wants_part(request):
            return redirect(place)  # htmx would follow and ask for the part: it gets it at once, and half the cost is saved
    elif form.is_bound:
        status = 422
    else:
        attempts.open_slot(slot=place, now=now)
    page = queries.slot_page(place, now=now, response=response)
    if page.done and page.question.feedback is None:
        return redirect("result", pk)
    typed = request.POST.getlist("answer") if form.is_bound else []
    context = {"page": page, "form": form, "typed": typed, "typed_confidence": request.POST.get("confidence", ""), "confidence": CONFIDENCE}
    return page_or_part(request, "quizzes/practice/slot.html", context, status=status)


def _save_by_form(request: HttpRequest, place: Slot) -> HttpResponse:
    """An exam without JavaScript: every button saves what is on the page first, then does its own."""
    form = DraftForm(request.POST, pick=place.pick, option_count=len(place.option_order))
    if not form.is_valid():
        page = queries.slot_page(place, now=timezone.now())
        if form.cleaned_data.get("revision") is not None:  # What the page was based on stays so, or the next try would pass by another tab.
            page = replace(page, revision=form.cleaned_data["revision"])
        context = {"page": page, "form": form, "save_id": secrets.token_urlsafe(12), "typed": request.POST.getlist("answer")}
        return page_or_part(request, "quizzes/exams/slot.html", context, status=422)
    _keep(request, place.attempt_id, place.position, form)
    target = request.POST.get("go", "")
    if target == "review":
        return redirect("attempt-review", place.attempt_id)
    if target.isdecimal() and Slot.objects.filter(attempt_id=place.attempt_id, position=int(target)).exists():
        return redirect("slot", place.attempt_id, int(target))
    return redirect(place)


def _keep(request: HttpRequest, pk: int, position: int, form: DraftForm) -> attempts.Receipt | None:
    """Save what the form carries: the answer under its revision, then flags, strikes and time."""
    data, now, receipt = form.cleaned_data, timezone.now(), None
    where: dict[str, Any] = {"learner": request.user, "attempt": pk, "position": position}
    if form.saves_answer:
        receipt = attempts.save_draft(
            **where, letters=data["answer"], revision=data["revision"], save_id=data["save_id"],
            spent_ms=data["spent_ms"], now=now,
        )  # fmt: skip
    if form.marks:
        attempts.mark_slot(
            **where, now=now, flagged=None if data["flagged"] == "" else data["flagged"] == "1",
            strike=data["strike"] or None, struck=data["struck"] if "struck" in form.data else None,
            spent_ms=0 if form.saves_answer else data["spent_ms"],
        )  # fmt: skip
    return receipt


@require_POST
def draft(request: HttpRequest, pk: int, position: int) -> HttpResponse:
    """Save on change: the answer is a receipt, the server's word."""
    form = DraftForm(request.POST)
    if not form.is_valid():
        return JsonResponse(
            {"status": "invalid", "message": " ".join(str(e) for errors in form.errors.values() for e in errors)}, status=422
        )
    receipt = _keep(request, pk, position, form)
    facts: dict[str, Any] = {"status": "saved", "position": position}
    if receipt:
        facts |= {
            "revision": receipt.revision, "saved_at": receipt.saved_at.isoformat(), "answer": receipt.answer,
            "remaining_s": receipt.remaining_s,
        }  # fmt: skip
    else:
        facts["remaining_s"] = get_object_or_404(Attempt.objects.of(request.user), pk=pk).clock.remaining_s(timezone.now())
    return JsonResponse(facts)


@require_safe
def clock(request: HttpRequest, pk: int) -> HttpResponse:
    """The time that is left, by the server's clock, and what is saved where."""
    row = _attempt(request, pk)
    return JsonResponse(
        {
            "status": "closed" if row.is_finished else "open",
            "remaining_s": row.clock.remaining_s(timezone.now()),
            "deadline_at": row.deadline_at.isoformat() if row.deadline_at else None,
        }
    )


# -- finishing -------------------------------------------------------------------------------------------------------


@require_safe
def attempt_review(request: HttpRequest, pk: int) -> HttpResponse:
    """The last look before handing in."""
    row = _attempt(request, pk)
    if row.is_finished or not row.rules.saves_drafts:
        return redirect(row)
    return page_or_part(request, "quizzes/exams/review.html", {"page": queries.review_page(row, now=timezone.now())})


@require_POST
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    form = WaitingForm(request.POST)
    waiting = [
        attempts.Waiting(entry["position"], entry["answer"], entry["revision"], entry["save_id"])
        for entry in (form.waiting_answers() if form.is_valid() else [])
        if entry["revision"] is not None and entry["save_id"]
    ]
    done = attempts.hand_in(learner=request.user, attempt=pk, waiting=waiting, now=timezone.now())  # type: ignore[arg-type]
    if wants_json(request):
        return JsonResponse(
            {"status": "closed", "result": reverse("result", args=[done.attempt.pk]), "taken": done.taken, "stale": done.stale}
        )
    return redirect("result", done.attempt.pk)


@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    row = _attempt(request, pk)
    if not row.is_finished:
        return redirect(row)
    template = "quizzes/results/exam.html" if row.rules.timed else "quizzes/results/session.html"
    return render(request, template, {"page": queries.result_page(row), "is_session": not row.rules.timed})


@require_POST
def misses(request: HttpRequest, pk: int) -> HttpResponse:
    """A practice session of what went wrong."""
    row = _attempt(request, pk)
    if not row.is_finished:
        return redirect(row)
    return redirect(attempts.practise_misses(attempt=row, learner=row.learner, now=timezone.now(), seed=new_seed()))


@require_POST
def replays(request: HttpRequest, pk: int) -> HttpResponse:
    """The same form again, untimed."""
    row = _attempt(request, pk)
    if not row.rules.timed:
        raise Http404
    if not row.is_finished:
        return redirect(row)
    return redirect(attempts.replay_exam(attempt=row, now=timezone.now()))
