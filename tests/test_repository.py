"""What must hold of the files themselves: locks, templates, style sheets, content, and nothing of anybody's machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

ROOT = Path(__file__).resolve().parent.parent
TEXT = {".py", ".toml", ".txt", ".md", ".html", ".css", ".js", ".svg", ".json", ".yml", ".yaml", ".csv", ""}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in found if path.is_file()]


# -- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run", "server", "dev"])
def test_a_lock_pins_every_package_by_hash_and_names_no_address(name: str):
    text = (ROOT / f"requirements/{name}.txt").read_text()
    assert "://" not in text
    pinned = re.split(r"^(?=[a-z0-9])", re.sub(r"^ *#.*\n", "", text, flags=re.M), flags=re.M)[1:]
    assert len(pinned) > 10
    for requirement in pinned:
        first, *rest = requirement.replace("\\\n", "").split("--hash=")
        assert re.fullmatch(r"[a-z0-9._-]+(\[[a-z0-9,._-]+\])?==[^\s;]+( ; .*)?\s*", first), first
        assert rest, first
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", one.split("#")[0].strip()) for one in rest), first


def test_what_the_app_runs_on_is_the_same_under_test():
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9._-]+(?:\[[^]]*\])?==[^\s;\\]+", (ROOT / f"requirements/{name}.txt").read_text(), re.M))

    assert versions("run") <= versions("server") <= versions("dev")


# -- templates -------------------------------------------------------------------------------------------------------

TEMPLATES = tracked("templates/*.html", "templates/**/*.html")


@pytest.mark.parametrize(
    ("forbidden", "why"),
    [
        (r"\son[a-z]+\s*=", "a handler in an attribute"),
        (r"\sstyle\s*=", "a style in an attribute"),
        (r"<style\b", "a style sheet within the page"),
        (r"<script(?![^>]*\ssrc=)", "a script within the page"),
        (r"\shx-on\b|\shx-vars\b|=[\"']js:", "a script in an attribute of htmx"),
        (r"hx-trigger=\"[^\"]*\[", "a filter, which htmx would evaluate"),
        (r"javascript:", "a script as an address"),
        (r"(?:src|href|action)=[\"']http:", "an open address"),
        (r"<script[^>]*src=[\"'](?:https?:)?//", "a script from elsewhere"),
    ],
)
def test_no_template_holds(forbidden: str, why: str):
    assert len(TEMPLATES) > 30
    assert [str(path.relative_to(ROOT)) for path in TEMPLATES if re.search(forbidden, path.read_text(), re.I)] == [], why


def test_every_template_is_used():
    """Or it was left behind. What Django and allauth look for by themselves is theirs."""
    sources = "\n".join(path.read_text() for path in tracked("quizzes/*.py", "quizzes/**/*.py", "templates/*.html", "templates/**/*.html"))
    unused = []
    for path in TEMPLATES:
        name = path.relative_to(ROOT / "templates")
        if name.parts[0] in {"account", "allauth", "admin", "mfa"} or name.name in {
            "400.html",
            "403.html",
            "404.html",
            "429.html",
            "500.html",
        }:
            continue
        page = name.with_name(name.name.removeprefix("_"))  # `page_or_part` finds a part by the name of its page.
        ways = {f'"{name}"', f'"{page}"', f'/{"/".join(name.parts[-2:])}"', f'"./{name.name}"', f'"../{name.name}"'}
        if not any(way in sources for way in ways):
            unused.append(str(name))
    assert unused == []


# -- style sheets and scripts ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The static files as the app serves them, without the libraries of others that no test here asks for: compressing them takes longest."""
    folder = tmp_path_factory.mktemp("static")
    storage = {"BACKEND": "quizzes.storage.BundledStaticFilesStorage"}
    with override_settings(STATIC_ROOT=folder, STORAGES={"default": storage, "staticfiles": storage}, DEBUG=False):
        others = ["vendor", "ext", "htmx-4*", "htmax-*"]
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=others)
        assert re.fullmatch(r"/static/css/site\.[0-9a-f]{12}\.css", staticfiles_storage.url("css/site.css"))
    return folder


def test_the_style_sheet_is_one_file_with_every_piece_once(collected: Path):
    [bundle] = collected.glob("css/site.????????????.css")
    text = bundle.read_text()
    assert "@import" not in text
    pieces = [ROOT / "static/css" / name for name in ("tokens.css", "base.css", "layout.css", "print.css")]
    pieces += sorted((ROOT / "static/css/pieces").glob("*.css"))
    own = {
        piece: piece.read_text().strip()
        for piece in pieces
        if f'@import url("{piece.relative_to(ROOT / "static/css")}")' in (ROOT / "static/css/site.css").read_text()
    }
    assert len(own) > 10
    for piece, words in own.items():
        assert text.count(words) == 1, piece
    order = [text.index(words) for words in own.values() if words]
    assert text.index("@layer reset, tokens, base, layout, pieces;") < min(order)


def test_every_piece_of_the_look_is_used():
    sheets = "\n".join(
        path.read_text() for path in tracked("static/css/*.css", "templates/**/*.html", "templates/*.html", "quizzes/**/*.py")
    )
    for piece in tracked("static/css/*.css", "static/css/**/*.css"):
        assert str(piece.relative_to(ROOT / "static/css")) in sheets, piece


def test_every_behaviour_is_used():
    users = "\n".join(path.read_text() for path in tracked("static/js/*.js", "templates/*.html", "templates/**/*.html", "quizzes/**/*.py"))
    scripts = tracked("static/js/*.js")
    assert scripts
    for script in scripts:
        assert re.search(rf"[\"'](?:js|\.)/{script.name}[\"']", users), script
        assert script.read_text().strip(), script


def test_no_script_makes_code_out_of_words():
    for script in tracked("static/js/*.js"):
        assert not re.search(r"\beval\(|new Function\(|document\.write\(|setTimeout\(\s*[\"'`]", script.read_text()), script


def test_what_is_served_is_compressed_and_named_by_its_content(collected: Path):
    for name in ("css/site", "js/site", "django_htmx/htmx-2.min"):
        found = sorted(path.name for path in collected.glob(f"{name}.????????????.*"))
        assert {re.sub(r".*\.(?=(?:css|js))", "", one) for one in found} >= {
            one + end for one in [found[0].rpartition(".")[2]] for end in ("", ".br", ".gz")
        }


# -- content and the rest --------------------------------------------------------------------------------------------


def test_content_is_data_only():
    assert {path.suffix for path in tracked("content")} <= {".md", ".toml", ".svg"}
    assert len(tracked("content")) > 20


def test_no_file_knows_a_machine():
    folders = "|".join(("root", "work", r"home/\w+", r"Users/\w+"))
    machine = re.compile(rf"(?<![\w.:/-])/(?:{folders})/")
    for path in tracked():
        if path.suffix in TEXT and path != Path(__file__).resolve():
            found = machine.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path.relative_to(ROOT)} names {found[0]}"


def test_no_file_is_empty_and_none_was_left_behind():
    for path in tracked():
        # An empty message of allauth says nothing, which is what it is for.
        assert path.name == "__init__.py" or path.parent.name == "messages" or path.stat().st_size > 0, path
        assert not path.name.endswith((".orig", ".rej", ".bak", "~", ".pyc", ".sqlite3")), path


def test_the_rooms_are_mirrored_in_the_tests():
    rooms = {path.name for path in (ROOT / "quizzes").iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert rooms - {"migrations", "templatetags", "forms"} <= {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}


# -- secrets and dangerous calls -------------------------------------------------------------------------------------

#: What a secret looks like: keys of clouds and of code hosts, private keys, passwords within addresses, long values of telling names.
SECRET = re.compile(
    r"AKIA[0-9A-Z]{16}|ghp_[A-Za-z0-9]{36}|xox[abp]-[A-Za-z0-9-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{20,}\.eyJ[\w-]{20,}"
    r"|(?i:secret_key|api_?key|auth_?token|password)\s*[=:]\s*['\"][A-Za-z0-9+/_=-]{24,}['\"]"
    r"|(?:postgres|redis|smtp|https?)(?:ql)?://[^\s:/@]+:(?!(?i:secret|password)@|\$|\{)[^\s:/@]{8,}@"
)


def test_no_secret_is_tracked():
    found = []
    for path in tracked():
        if path.suffix in TEXT and path.stat().st_size < 2_000_000 and path.name != "test_repository.py":
            found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in SECRET.finditer(path.read_text(errors="ignore"))]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "SECRET_KEY = '" + "a1B2" * 8 + "'",
        "postgres://besa:" + "Tr0ub4dor3@db/besa",
    ],
)
def test_what_looks_like_a_secret_is_found(text: str):
    assert SECRET.search(text)


def test_no_file_for_secrets_is_tracked():
    names = [path.name for path in tracked()]
    assert not [name for name in names if re.search(r"^\.env|secret_key|\.pem$|\.key$|\.p12$|\.sqlite3?$|id_rsa", name)]


#: Calls that run what somebody typed, read what somebody packed, or fetch what somebody named.
DANGEROUS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "pickle.load", "marshal.loads", "shelve.open",
    "subprocess.run", "subprocess.Popen", "subprocess.call", "urllib.request.urlopen", "requests.get", "requests.post", "hashlib.md5",
    "Template", "django.template.Template", "from_string",
}  # fmt: skip


def test_the_app_runs_unpacks_and_fetches_nothing_that_somebody_names():
    found = []
    for path in tracked("quizzes/*.py", "quizzes/**/*.py", "besa/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in DANGEROUS:
                found.append(f"{path.relative_to(ROOT)} {ast.unparse(node.func)}")
    assert found == ["quizzes/management/supervisor.py subprocess.Popen"], "it starts the server and the exporter, by commands of its own"


def test_html_is_trusted_in_one_place_alone():
    """Markdown from people is cleaned there; what the content files hold was cleaned when it was taken in."""
    trusting = {str(path.relative_to(ROOT)) for path in tracked("quizzes/*.py", "quizzes/**/*.py") if "mark_safe" in path.read_text()}
    assert trusting == {"quizzes/templatetags/study.py"}
    for path in tracked("templates/*.html", "templates/**/*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape off", path.read_text()), path
