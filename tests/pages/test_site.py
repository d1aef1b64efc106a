"""Every address, walked as visitor, guest and learner: what holds for each page of the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import get_resolver, resolve, reverse
from django.utils import timezone

from quizzes import urls
from tests.factories import T0, History, make_cohort, make_guest, make_history, make_learner, make_prediction

pytestmark = pytest.mark.django_db

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class Element:
    """A tag of a page with what it says and where it stands."""

    def __init__(self, tag: str, attrs: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attrs, self.parent, self.words = tag, attrs, parent, ""

    def ancestors(self) -> Iterator[Element]:
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attrs}>"


class Document(HTMLParser):
    """The elements of a page in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert [e for e in self._open if e.tag not in {"html", "p", "li"}] == [], "not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1] if self._open else None)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}, self._open[-1] if self._open else None))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes {self._open[-1]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.words += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def within(self, ancestor: Element, *tags: str) -> list[Element]:
        return [element for element in self.all(*tags) if ancestor in element.ancestors()]

    @property
    def ids(self) -> set[str]:
        return {element.attrs["id"] for element in self.elements if "id" in element.attrs}


# -- the addresses ---------------------------------------------------------------------------------------------------


class Walk(NamedTuple):
    """An address and what a learner with this history gets there."""

    name: str
    args: tuple[Any, ...] = ()
    query: str = ""
    status: int = 200

    @property
    def address(self) -> str:
        return reverse(self.name, args=self.args) + self.query


def pages(history: History) -> list[Walk]:
    """Every page that a learner sees; some in several states. A guest is in no class."""
    slug, seen = history.lesson.slug, history.seen
    inside = 404 if history.learner.is_guest else 200
    return [
        Walk("today"), Walk("lessons"), Walk("lesson", (slug,)), Walk("glossary"), Walk("search"), Walk("search", query="?q=dead-letter"),
        Walk("search", query="?q=zebra"), Walk("search", query=f"?q={'x' * 101}", status=422), Walk("practice"),
        Walk("labs"), Walk("invocation"), Walk("invocation", query="?model=stream&fault=poison&bisect=1&run=1"),
        Walk("invocation", query="?model=sqs&batch_size=11&reserved=x", status=422), Walk("pricing"), Walk("pricing", query="?requests=many&cold_starts=-1", status=422), Walk("workflow-pricing"),
        Walk("workflow-pricing", query="?duration_ms=x", status=422),
        Walk("offline"), Walk("lesson-copy", (slug,)), Walk("drills"), Walk("drill", ("month-bill", 7)), Walk("drill", ("visibility-timeout", 7)),
        Walk("readiness"), Walk("practice", query="?topic=invocation-async&kind=missed"), Walk("review"), Walk("exams"), Walk("exam", (history.blueprint.slug,)),
        Walk("practice", query="?topic=invocation-async&kind=missed"), Walk("review"), Walk("exams"), Walk("exam", (history.blueprint.slug,)),
        Walk("privacy"), Walk("classes"), Walk("classes", query="?code=FHKM-RTWY"), Walk("class", (history.cohort.pk,), status=inside),
        Walk("class-leaving", (history.cohort.pk,), status=inside), Walk("class-exam", (history.cohort.pk, history.assignment.pk), status=inside),
        Walk("exam", ("nowhere",), status=404), Walk("slot", (history.practice.pk, 2)), Walk("slot", (history.session.pk, 1)),
        Walk("slot", (history.session.pk, 2)), Walk("slot", (history.exam.pk, 1)), Walk("slot", (history.exam.pk, 2)),
        Walk("attempt-review", (history.exam.pk,)), Walk("result", (history.result.pk,)), Walk("result", (history.session.pk,)),
        Walk("progress"), Walk("plan"), Walk("memory"), Walk("question", (seen.version.question_id,)), Walk("report", (seen.version_id,)), Walk("account"),
        Walk("account-removal"), Walk("account_logout"), Walk("submission", (history.exam.pk,), status=405), Walk("slot", (history.exam.pk, 99), status=404),
    ]  # fmt: skip


#: Pages for those who are not signed in to an account.
ENTRANCE = [
    Walk("account_login"), Walk("account_signup"), Walk("account_reset_password"), Walk("account_reset_password_done"),
    Walk("account_reset_password_from_key_done"), Walk("account_reset_password_from_key", ("1", "used-up")), Walk("account_inactive"),
]  # fmt: skip

#: Pages for those who are signed in to an account.
INSIDE = [
    Walk("account_change_password"), Walk("mfa_index"), Walk("account-sessions"), Walk("account_reauthenticate"),
]  # fmt: skip

#: Pages that follow a proof of who one is; each with what stands behind the password there.
PROVED = {
    "nothing": [Walk("mfa_index"), Walk("mfa_activate_totp"), Walk("mfa_add_webauthn"), Walk("mfa_generate_recovery_codes")],
    "an app": [
        Walk("mfa_index"), Walk("mfa_deactivate_totp"), Walk("mfa_view_recovery_codes"), Walk("mfa_view_recovery_codes"),
        Walk("mfa_generate_recovery_codes"), Walk("mfa_reauthenticate"), Walk("account"),
    ],
    "a passkey": [Walk("mfa_index"), Walk("mfa_edit_webauthn", (1,)), Walk("mfa_remove_webauthn", (1,))],
}  # fmt: skip

#: What a visitor may read without becoming anybody.
OPEN = {
    "today",
    "offline",
    "lessons",
    "lesson-copy",
    "lesson",
    "glossary",
    "search",
    "labs",
    "invocation",
    "pricing",
    "workflow-pricing",
    "drills",
    "drill",
    "practice",
    "review",
    "exams",
    "exam",
    "classes",
    "progress",
    "plan",
    "memory",
    "readiness",
    "privacy",
}

#: Addresses that show no page: they take what a button sends, lead on, or speak to machines.
NO_PAGE = {
    "place",
    "reading",
    "check",
    "attempt",
    "clock",
    "draft",
    "submission",
    "misses",
    "replays",
    "account-data",
    "healthz",
    "readyz",
    "new-drill",
    "readiness-check",
    "manifest",
    "worker",
    "robots",
    "sitemap",
    "mfa_login_webauthn",
    "security-txt",
    # They need a real passkey: tests/browser/test_second_factor.py opens them.
    "mfa_authenticate",
    "mfa_reauthenticate_webauthn",
}


def forms(history: History) -> list[tuple[str, dict[str, Any], int]]:
    """What is sent wrong or refused, and the status of the page that says so."""
    exam = f"/attempts/{history.exam.pk}/slots/2/"
    return [
        ("/practice/", {"size": "99", "kind": "odd", "topics": "nowhere"}, 422),
        (f"/attempts/{history.practice.pk}/slots/2/", {"confidence": "odd"}, 422),
        (exam, {"answer": ["A", "B", "C"], "revision": "1", "save_id": "a-save-of-its-own"}, 422),
        (exam, {"answer": ["A", "D"], "revision": "0", "save_id": "another-save"}, 409),
        (f"/lessons/{history.lesson.slug}/checks/{history.open_check.pk}/", {}, 422),
        (f"/versions/{history.seen.version_id}/reports/", {}, 422),
        ("/accounts/removal/", {"proof": "no"}, 422),
        ("/plan/", {"exam_on": "2020-01-01", "retention": "2", "daily_reviews": "many"}, 422),
        ("/classes/", {"code": "FHKM-RTWY"}, 422),
        ("/classes/", {"code": make_cohort().code}, 422),
        (f"/attempts/{history.session.pk}/slots/1/", {"answer": ["A"]}, 409),
    ]


def test_every_address_of_the_site_is_walked_here():
    history = make_history(make_learner(), now=timezone.now())
    walked = {walk.name for walk in [*pages(history), *ENTRANCE, *INSIDE, *chain(*PROVED.values())]} | NO_PAGE
    assert {pattern.name for pattern in urls.urlpatterns} == walked


# -- what holds for each page ----------------------------------------------------------------------------------------


def faults(html: str, *, asked: str) -> list[str]:
    """What a page does that no page of this site does."""
    page = Document(html)
    found = [f"{len(page.all('h1'))} headings of the first rank"] if len(page.all("h1")) != 1 else []
    if not [e for e in page.all("html") if e.attrs.get("lang") == "en"]:
        found.append("no language")
    if not [e for e in page.all("title") if e.words.strip() and e.parent and e.parent.tag == "head"]:
        found.append("no title")
    if not page.all("main"):
        found.append("no main part")
    found += [
        f"{count} × the id {name}" for name, count in Counter(e.attrs["id"] for e in page.elements if "id" in e.attrs).items() if count > 1
    ]
    for check in (_policy, _labels, _forms, _tables, _pictures, _headings):
        found += check(page)
    for element in page.all("a", "form"):
        target = element.attrs.get("href", element.attrs.get("action", ""))
        if target.startswith("#") and target[1:] not in page.ids:
            found.append(f"{target} leads nowhere on {asked}")
    return found


def _policy(page: Document) -> Iterator[str]:
    for element in page.elements:
        if element.tag == "style" or (element.tag == "script" and ("src" not in element.attrs or element.words.strip())):
            yield f"{element} is inline"
        for name, value in element.attrs.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"{element} has {name}"
            if (
                name in {"src", "href", "action", "srcset", "poster"}
                and value.startswith(("http:", "//", "javascript:", "data:text"))
                and "download" not in element.attrs
            ):
                yield f"{element} leads to {value}"
            if name.startswith("hx-") and ("js:" in value or "javascript:" in value or "[" in value):
                yield f"{element} has a script in {name}"
        if element.tag in {"script", "link", "img"} and "canonical" not in element.attrs.get("rel", ""):
            source = element.attrs.get("src", element.attrs.get("href", ""))
            if source.startswith("/static/") and not finders.find(source.removeprefix("/static/")):
                yield f"{source} is no file"
            elif not source.startswith(("/static/", "data:")) and source != reverse("manifest"):
                yield f"{element} is not served from here"


def _labels(page: Document) -> Iterator[str]:
    labelled = {e.attrs["for"] for e in page.all("label") if "for" in e.attrs and e.words.strip()}
    for field in page.all("input", "select", "textarea"):
        if field.attrs.get("type") in {"hidden", "submit"} or "hidden" in field.attrs:
            continue
        around = any(e.tag == "label" and e.words.strip() for e in field.ancestors())
        if not (
            around or field.attrs.get("id") in labelled or field.attrs.get("aria-label") or field.attrs.get("aria-labelledby") in page.ids
        ):
            yield f"{field} has no label"
    for element in page.all("button", "a", "summary", "legend"):
        if not element.words.strip() and not element.attrs.get("aria-label"):
            yield f"{element} has no words"
    for element in page.elements:
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            for target in element.attrs.get(name, "").split():
                if target not in page.ids:
                    yield f"{element} points at {target}, which is not there"


def _forms(page: Document) -> Iterator[str]:
    for form in page.all("form"):
        token = any(e.attrs.get("name") == "csrfmiddlewaretoken" and e.attrs.get("value") for e in page.within(form, "input"))
        if (form.attrs.get("method", "get").lower() == "post") != token:
            yield f"{form} {'has a' if token else 'lacks its'} token"
        if any(e.tag == "form" for e in form.ancestors()):
            yield f"{form} stands in another form"
        if not page.within(form, "button"):
            yield f"{form} has no button"


def _tables(page: Document) -> Iterator[str]:
    for table in page.all("table"):
        headers = page.within(table, "th")
        if not headers:
            yield f"{table} has no headers"
        yield from (
            f"{header} of {header.words!r} says not what it heads" for header in headers if header.attrs.get("scope") not in {"col", "row"}
        )


def _pictures(page: Document) -> Iterator[str]:
    yield from (f"{image} has no words" for image in page.all("img") if "alt" not in image.attrs)
    for drawing in page.all("svg"):
        named = drawing.attrs.get("role") == "img" and (drawing.attrs.get("aria-label") or page.within(drawing, "title"))
        if not named and drawing.attrs.get("aria-hidden") != "true":
            yield f"{drawing} has neither a name nor is hidden"


def _headings(page: Document) -> Iterator[str]:
    rank = 0
    for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6"):
        if int(heading.tag[1]) > rank + 1:
            yield f"{heading.tag} “{heading.words.strip()}” follows a heading of rank {rank}"
        rank = int(heading.tag[1])


# -- the walks -------------------------------------------------------------------------------------------------------


@pytest.fixture
def learner() -> tuple[Client, History]:
    client, person = Client(), make_learner()
    client.force_login(person, backend=BACKEND)
    make_prediction(person)
    make_prediction(
        person, made_at=T0 + timedelta(days=5), domains=[{"domain": "resilient", "right": 3, "answers": 5, "low": 0.5, "high": 0.8}]
    )
    return client, make_history(person, now=timezone.now())


@pytest.fixture
def guest() -> tuple[Client, History]:
    client, person = Client(), make_guest()
    client.force_login(person, backend=BACKEND)
    return client, make_history(person, now=timezone.now())


def walk(client: Client, steps: list[Walk]) -> dict[str, list[str]]:
    """The faults of each page, by its address."""
    found = {}
    for step in steps:
        response = client.get(step.address, follow=step.name == "account_reset_password_from_key")
        wrong = [] if response.status_code == step.status else [f"status {response.status_code}, not {step.status}"]
        if wrong := wrong + faults(response.text, asked=step.address):
            found[step.address] = wrong
    return found


def test_every_page_of_a_learner(learner: tuple[Client, History]):
    client, history = learner
    assert walk(client, [*pages(history), *INSIDE]) == {}


@pytest.mark.parametrize("behind", PROVED)
def test_every_page_of_the_second_factor(client: Client, behind: str):
    person = make_learner()
    client.force_login(person, backend=BACKEND)
    if behind == "an app":
        TOTP.activate(person, "JBSWY3DPEHPK3PXP")
        RecoveryCodes.activate(person)
    elif behind == "a passkey":
        Authenticator.objects.create(pk=1, user=person, type="webauthn", data={"name": "Blue key", "credential": {}})
    client.post("/accounts/reauthentication/", {"password": "correct horse battery"})
    assert walk(client, PROVED[behind]) == {}


def test_every_page_of_a_guest(guest: tuple[Client, History]):
    client, history = guest
    assert walk(client, [*pages(history), *ENTRANCE]) == {}


def test_every_page_of_a_visitor(client: Client):
    history = make_history(make_learner(), now=timezone.now())
    assert walk(client, [step for step in [*pages(history), *ENTRANCE] if step.name in OPEN or step in ENTRANCE]) == {}


def test_every_page_of_an_empty_site(client: Client):
    bare = [Walk(name) for name in sorted(OPEN - {"lesson", "lesson-copy", "exam", "drill"})]
    assert walk(client, bare) == {}
    client.force_login(make_learner(), backend=BACKEND)
    assert walk(client, [*bare, Walk("account")]) == {}


def test_what_a_visitor_may_not_see_leads_to_the_door(client: Client):
    history = make_history(make_learner(), now=timezone.now())
    closed = [step for step in [*pages(history), *INSIDE] if step.name not in {*OPEN, "account_logout"}]
    assert len(closed) > 10
    for step in closed:
        response = client.get(step.address)
        assert response.status_code == 302, step
        assert response["Location"].startswith("/accounts/login/?next="), step


def test_every_page_that_says_what_is_wrong(learner: tuple[Client, History]):
    client, history = learner
    for address, typed, status in forms(history):
        response = client.post(address, typed)
        assert (response.status_code, faults(response.text, asked=address)) == (status, []), address


def test_the_pages_of_our_own_faults():
    for name in ("400", "500"):
        with open(f"templates/{name}.html") as file:
            assert faults(file.read(), asked=name) == []


def test_every_link_and_every_form_leads_to_something(learner: tuple[Client, History]):
    client, history = learner
    asked: dict[str, Any] = {}
    get = partial(_once, client, asked)
    broken = []
    for step in [*pages(history), *INSIDE]:
        for element in Document(get(step.address).text).all("a", "form"):
            target = urlsplit(element.attrs.get("href", element.attrs.get("action", "")))
            if target.scheme == "https" and element.tag == "a":
                continue
            if target.scheme or target.netloc:
                broken.append((step.address, element))
            elif element.tag == "form" and element.attrs.get("method") == "post":
                resolve(unquote(target.path) or urlsplit(step.address).path)
            elif target.path:
                there = get(f"{target.path}{'?' + target.query if target.query else ''}")
                if there.status_code >= 400 or (target.fragment and target.fragment not in Document(there.text).ids):
                    broken.append((step.address, element))
    assert broken == []
    assert len(asked) > 40


def _once(client: Client, asked: dict[str, Any], address: str) -> Any:
    if address not in asked:
        asked[address] = client.get(address)
    return asked[address]


@pytest.mark.parametrize("face", ["page", "part"])
def test_a_part_is_what_the_page_holds(learner: tuple[Client, History], face: str):
    """The part that htmx swaps in carries the id of what it replaces, once, and no frame of a page."""
    client, history = learner
    parts = {
        f"/attempts/{history.practice.pk}/slots/2/": "slot", f"/attempts/{history.exam.pk}/slots/1/": "slot",
        f"/attempts/{history.exam.pk}/review/": "slot", "/search/?q=a": "found",
    }  # fmt: skip
    for address, name in parts.items():
        html = client.get(address, headers={"hx-request": "true"} if face == "part" else {}).text
        page = Document(html)
        assert [e.attrs.get("id") for e in page.elements].count(name) == 1, address
        assert bool(page.all("html")) == (face == "page"), address


#: What browsers, search engines and machines look for under a name of their own.
FILES = {".well-known/security.txt", "healthz", "readyz", "robots.txt", "sitemap.xml", "manifest.webmanifest", "service-worker.js"}


def test_the_addresses_are_nouns_with_a_slash_at_their_end():
    for pattern in get_resolver("quizzes.urls").url_patterns:
        text = str(pattern.pattern)
        assert text == "" or text.endswith(("/", "/$")) or text in FILES


GOOD = (
    '<!doctype html><html lang="en"><head><title>Good</title></head><body><main><h1>Good</h1>'
    '<form method="post" action="/practice/"><input type="hidden" name="csrfmiddlewaretoken" value="x"><label>Name <input name="n"></label>'
    '<button>Go</button></form><table><tr><th scope="row">A</th><td>1</td></tr></table><svg aria-hidden="true"></svg></main></body></html>'
)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        pytest.param("<h1>Good</h1>", "<h1>Good</h1><h1>Bad</h1>", id="two headings of the first rank"),
        pytest.param("<h1>Good</h1>", "<h1>Good</h1><h3>Bad</h3>", id="a rank left out"),
        pytest.param(' lang="en"', "", id="no language"),
        pytest.param("<title>Good</title>", "", id="no title"),
        pytest.param("</main>", "<script>alert(1)</script></main>", id="a script within the page"),
        pytest.param("</main>", '<script src="https://cdn.example/x.js"></script></main>', id="a script from elsewhere"),
        pytest.param("</main>", '<script src="/static/js/nowhere.js"></script></main>', id="a file that is not there"),
        pytest.param("<td>", '<td style="color: red">', id="a style of its own"),
        pytest.param("<button>", '<button onclick="go()">', id="a script in an attribute"),
        pytest.param("</main>", '<a href="http://example.org/">there</a></main>', id="an open link"),
        pytest.param("</main>", '<a href="#nowhere">there</a></main>', id="a link to nowhere"),
        pytest.param("<label>Name ", "<label>", id="a field without a label"),
        pytest.param("<button>Go</button>", "<button></button>", id="a button without words"),
        pytest.param("<td>1</td>", '<td id="a">1</td><td id="a">2</td>', id="an id twice"),
        pytest.param('value="x"', "", id="a form without its token"),
        pytest.param('<th scope="row">A</th>', "<td>A</td>", id="a table without headers"),
        pytest.param(' aria-hidden="true"', "", id="a drawing without a name"),
    ],
)
def test_the_net_has_no_hole(good: str, bad: str):
    assert faults(GOOD, asked="good") == []
    assert faults(GOOD.replace(good, bad), asked="bad") != []
