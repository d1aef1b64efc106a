"""A small content tree on disk: a lesson, some questions, an exam. A test changes one thing and looks what happens."""

from __future__ import annotations

from pathlib import Path

OBJECTIVES = """
[[domain]]
key = "resilient"
title = "Resilient architectures"
weight = 26

[[topic]]
slug = "invocation-async"
title = "Asynchronous invocation"
objectives = [
  { key = "async-behaviour", title = "Explain it" },
  { key = "async-design", title = "Design with it" },
]
"""
FACTS = """
[[fact]]
id = "async-definition"
topic = "invocation-async"
level = "core"
statement = "Lambda queues the event."
sources = [{ title = "Guide" }]

[[fact]]
id = "async-new"
topic = "invocation-async"
level = "new"
statement = "Something of last month."
sources = [{ title = "Guide" }]
"""
GLOSSARY = """
[[term]]
term = "Dead-letter queue"
aliases = ["DLQ"]
definition = "A queue for what failed, with `code`."
lesson = "asynchronous-invocation#attempts"

[[term]]
term = "Alias"
definition = "A name."
"""
BLUEPRINT = """
[[blueprint]]
slug = "taster"
title = "Taster"
summary = "Two questions."
minutes = 15
pilots = 0
cut = 0.72

[blueprint.counts]
async-behaviour = 2
"""
LESSON = """+++
title = "When nobody waits"
short = "Asynchronous"
summary = "What happens to an event."
topic = "invocation-async"
objectives = ["async-behaviour"]
minutes = 9
checked = 2026-11-23
facts = ["async-definition"]

[[sources]]
title = "Guide"
url = "https://docs.aws.amazon.com/lambda/"
checked = 2026-11-23
+++

The question this lesson answers.

## Attempts {#attempts}

Text about retries.

::: figure timeline.svg
What it shows.
:::

::: check one
:::

## What the original notes said {#notes}

Nothing wrong.
"""
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 120" role="img"><title>Two boxes</title><rect class="box" x="1" y="1"/></svg>'
)
STEMS = {
    "one": "An upload starts a function that fails for an hour. How many attempts are made by default?",
    "two": "A team wants to keep each event whose processing failed, with its error. What helps them?",
    "three": "Which status code does a caller get at once when an event is accepted for later?",
}


def question(slug: str, *, stem: str = "", **values: str) -> str:
    """One question table; `values` replace lines by their field."""
    fields = {
        "slug": f'"{slug}"', "family": f'"family-{slug}"', "type": '"single"', "stem": f'"{stem or STEMS[slug]}"',
        "objective": '"async-behaviour"', "domain": '"resilient"', "level": '"apply"', "difficulty": "2",
        "lesson": '"asynchronous-invocation#attempts"', "facts": '["async-definition"]', **values,
    }  # fmt: skip
    options = "".join(
        f'\n[[question.options]]\ntext = "{text}"\nkey = {str(n == 1).lower()}\nwhy = "It says why this {slug} holds or not."\n'
        for n, text in enumerate(("Raise the timeout of it", "Add a new destination", "Give it more memory now", "Send it a second time"))
    )
    source = '\n[[question.sources]]\ntitle = "Guide"\nurl = "https://docs.aws.amazon.com/lambda/"\nchecked = 2026-11-23\n'
    return "\n[[question]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items()) + f"\n{options}{source}"


class Tree:
    """The files below a folder. Names are those of `content/`."""

    QUESTIONS = "week-09/questions/invocation-async.toml"
    LESSON = "week-09/lessons/04-asynchronous-invocation.md"
    BLUEPRINT = "week-09/blueprint.toml"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("objectives.toml", OBJECTIVES)
        self.write("facts.toml", FACTS)
        self.write("glossary.toml", GLOSSARY)
        self.write(self.BLUEPRINT, BLUEPRINT)
        self.write(self.LESSON, LESSON)
        self.write("week-09/figures/timeline.svg", FIGURE)
        self.ask("one", "two", "three")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def read(self, name: str) -> str:
        return (self.root / name).read_text("utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def ask(self, *slugs: str, **changed: str) -> None:
        """The question file holds these questions, some with another stem."""
        self.write(self.QUESTIONS, "".join(question(slug, stem=changed.get(slug, "")) for slug in slugs))

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def line(self, name: str, words: str) -> int:
        return next(n for n, line in enumerate(self.read(name).splitlines(), start=1) if words in line)
