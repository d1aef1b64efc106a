"""A learner's classes: join one, see what is asked for, sit it, leave."""

from __future__ import annotations

from contextlib import suppress

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from quizzes.domain.cohort import CONSENT_VERSION, SEEN, UNSEEN
from quizzes.forms.cohorts import JoinForm
from quizzes.models import Assignment, Membership, User
from quizzes.queries import cohorts as queries
from quizzes.services import attempts
from quizzes.services import cohorts as services
from quizzes.views.attempts import new_seed
from quizzes.views.parts import learner_of

#: Wrong codes in ten minutes before the door stays shut: of one person, and of one address, behind which a whole class may sit.
GUESSES, GUESSES_OF_ADDRESS, GUESSING_S = 10, 100, 600

WORDS = {"seen": SEEN, "unseen": UNSEEN, "version": CONSENT_VERSION}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def classes(request: HttpRequest) -> HttpResponse:
    """One's classes, and the door to another one. Who has no account is shown the way to one, and comes back with the code."""
    learner, now = learner_of(request), timezone.now()
    form = JoinForm(request.POST if request.method == "POST" else None, initial={"code": request.GET.get("code", "")[:40]})
    found, status = None, 200
    if form.is_bound:
        if learner is None or learner.is_guest:
            return redirect(f"{reverse('account_signup')}?{urlencode({'next': _door(request.POST.get('code', ''))})}")
        form.full_clean()
        found, status = _look_up(request, learner, form)
        if found and form.is_valid():
            stay = services.join_class(learner=learner, typed=form.cleaned_data["code"], consent=form.cleaned_data["agreed"], now=now)
            messages.success(
                request, f"You are in “{stay.cohort.title}”. Your instructors see what you do from now on, and you can leave at any time."
            )
            return redirect(stay.cohort)
    context = {
        "classes": queries.class_pages(learner, now=now), "form": form, "found": found, "words": WORDS,
        "has_account": learner is not None and not learner.is_guest, "way_back": _door(request.GET.get("code", "")),
    }  # fmt: skip
    response = render(request, "quizzes/cohorts/list.html", context, status=status)
    if status == 429:
        response["Retry-After"] = str(GUESSING_S)
    return response


def _door(code: str) -> str:
    return f"{reverse('classes')}?{urlencode({'code': code[:40]})}" if code else reverse("classes")


def _look_up(request: HttpRequest, learner: User, form: JoinForm) -> tuple[queries.Found | None, int]:
    """The class that the typed code opens, and the status of the page. What is wrong with the code is told beside it."""
    if "code" not in form.cleaned_data:
        return None, 422
    keys = {f"join:{learner.pk}": GUESSES, f"join:{get_adapter().get_client_ip(request)}": GUESSES_OF_ADDRESS}
    if any(_counted(key) > most for key, most in keys.items()):
        form.add_error(
            "code", "There were too many wrong codes. Nothing was joined. Wait ten minutes, then try again with the code at hand."
        )
        return None, 429
    try:
        cohort = services.find_class(learner=learner, typed=form.cleaned_data["code"], now=timezone.now())
    except services.CannotJoin as problem:
        form.add_error("code", str(problem))
        if isinstance(problem, services.NoClass):
            return None, 422
        cohort = None
    # Only a code that opens nothing counts as a guess.
    for key in keys:
        with suppress(ValueError):  # the ten minutes ran out at this moment
            cache.decr(key)
    return (queries.found_class(cohort) if cohort else None), 422


def _counted(key: str) -> int:
    """How many tries were counted under a key in these ten minutes, this one included: in the cache, before the code is looked up."""
    cache.add(key, 0, GUESSING_S)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, GUESSING_S)
        return 1


def _stay(request: HttpRequest, pk: int) -> Membership:
    """The learner's membership of a class; 404 for everybody else, its instructors among them."""
    return get_object_or_404(Membership.objects.current().select_related("cohort"), learner=request.user.pk, cohort=pk)


@require_safe
def class_page(request: HttpRequest, pk: int) -> HttpResponse:
    stay, now = _stay(request, pk), timezone.now()
    page = next(page for page in queries.class_pages(stay.learner, now=now) if page.pk == pk)
    return render(request, "quizzes/cohorts/class.html", {"page": page, "words": WORDS})


@require_http_methods(["GET", "HEAD", "POST"])
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a class; asks first."""
    stay = _stay(request, pk)
    if request.method == "POST":
        services.leave_class(learner=stay.learner, cohort=stay.cohort, now=timezone.now())
        messages.success(
            request, f"You have left “{stay.cohort.title}”. Its instructors see nothing of you any more. All your work is still yours."
        )
        return redirect("classes")
    return render(request, "quizzes/cohorts/leaving.html", {"cohort": stay.cohort})


@require_http_methods(["GET", "HEAD", "POST"])
def class_exam(request: HttpRequest, pk: int, exam: int) -> HttpResponse:
    """What awaits you in an assigned exam, and the button that starts the clock."""
    stay, now = _stay(request, pk), timezone.now()
    assignment = get_object_or_404(Assignment.objects.select_related("cohort", "blueprint"), cohort=pk, pk=exam)
    if request.method == "POST":
        return redirect(
            attempts.start_exam(learner=stay.learner, blueprint=assignment.blueprint, assignment=assignment, now=now, seed=new_seed())
        )
    page = queries.assigned_page(assignment, stay.learner, now=now)
    return render(request, "quizzes/cohorts/exam.html", {"page": page.exam, "assigned": page})
