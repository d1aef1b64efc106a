"""Questions of every type, complete and odd, for tests that try many."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from quizzes.domain.exchange import Draft
from quizzes.domain.items import OPTION_IDS, Item, Option, Source

#: Words that some format or markdown reads as a mark.
ODD = [
    "a < b", "x > y", "2 * 3", "snake_case", "{braces}", "50%", "a = b", "a -> b", "~home", "#tag", "::", "C:\\temp", "\\n", "“quotes”", "it's", 'say "so"',
    "a & b", "`code`", "`a < b`", "*emphasis*", "**strong**", "ANSWER: A", "A. one", "ä ö ü", "日本語", "🙂", "1. first", "- dash", "[html]", "[a](https://example.org/x)",
    "$CATEGORY", "//", "]]>", "--", "=1+1", "'quoted", "| pipe", "0.25", "a;b", "a,b", "%50%", "&lt;b>", "####",
]  # fmt: skip
PLAIN = ["Lambda", "queue", "waits", "the event", "retries twice", "a topic", "fails", "SQS"]

words = st.lists(st.sampled_from([*ODD, *PLAIN, *PLAIN]), min_size=1, max_size=4).map(" ".join)
lines = st.lists(words, min_size=1, max_size=2).map("\n\n".join)
slugs = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
numbers = st.sampled_from(["0.25", "4", "-3", "1000", "0.50", "12.125", "7"])
sources = st.builds(
    Source,
    title=st.sampled_from(["Guide", "A [title] (odd)", "Quotas | limits"]),
    url=st.sampled_from(["https://docs.aws.amazon.com/lambda/", "https://example.org/a_(b)?c=d&e=1"]),
    checked=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)


@st.composite
def drafts(draw: st.DrawFn, kinds: tuple[str, ...] = ("single", "multiple", "ordering", "matching", "numeric")) -> Draft:
    """A complete question; texts of one question differ from each other."""
    kind = draw(st.sampled_from(kinds))
    count = draw(st.integers(4 if kind in ("single", "multiple") else 3, 6))
    texts = draw(st.lists(numbers if kind == "numeric" else words, min_size=count, max_size=count, unique=True))
    whys = draw(st.lists(lines, min_size=count, max_size=count, unique=True))
    matches = draw(st.lists(words, min_size=count + 1, max_size=count + 1, unique=True))
    keys = {0} if kind == "numeric" else {draw(st.integers(0, count - 1))} if kind == "single" else {0, 2} if kind == "multiple" else set()
    options = tuple(
        Option(id=OPTION_IDS[n], text=texts[n], why=whys[n], key=n in keys, match=matches[n] if kind == "matching" else "")
        for n in range(count)
    )
    item = Item(
        type=kind, stem=draw(lines), options=options, topic="", objective=draw(st.sampled_from(["", "async-behaviour"])), domain="resilient",
        level=draw(st.sampled_from(["", "apply", "analyse"])), difficulty=draw(st.integers(0, 3)), lesson=draw(st.sampled_from(["", "async#hand-over"])),
        facts=tuple(draw(st.lists(slugs, max_size=2, unique=True))), sources=tuple(draw(st.lists(sources, max_size=2))),
        targets_extra=(matches[count],) if kind == "matching" and draw(st.booleans()) else (),
        unit=draw(st.sampled_from(["", "seconds"])) if kind == "numeric" else "", tolerance=draw(st.sampled_from(["0", "0.005"])) if kind == "numeric" else "0",
    )  # fmt: skip
    return Draft(item, slug=draw(slugs), family=draw(slugs))
