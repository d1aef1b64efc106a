"""Flaws put into clean questions, one at a time: for each rule some ways to break it, each a function of a clean draft and some dice."""

from __future__ import annotations

import random
from collections.abc import Callable

from quizzes.domain.items import Item, Source
from tests.domain.quality.clean import SOURCE, WHY, Draft, make

Flaw = Callable[[Draft, random.Random], Item]
#: Rule, level and what is done: the flaw.
FLAWS: dict[tuple[str, str, str], Flaw] = {}


def flaw(rule: str, level: str, what: str) -> Callable[[Flaw], Flaw]:
    def keep(function: Flaw) -> Flaw:
        FLAWS[rule, level, what] = function
        return function

    return keep


def plain_options(count: int, dice: random.Random) -> list[str]:
    """Options that share no word with each other, nor with stems about the cloud."""
    return dice.sample(
        [
            "Blue velvet curtain",
            "Wooden garden bench",
            "Silver tea kettle",
            "Round paper lantern",
            "Woollen winter glove",
            "Marble kitchen sink",
        ],
        count,
    )


# -- what options say ------------------------------------------------------------------------------------------------


@flaw("L01", "error", "an option speaks of the others")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.rest[dice.randrange(len(draft.rest))] = dice.choice(
        ["All of the above", "None of the above", "None of these options", "Both A and C", "A and B", "Options B and D", "Neither of the above",
         "All of these", "A or C", "Any of the above", "Both of the other options", "B and C together", "All the above", "Either A or D"]
    )  # fmt: skip
    return draft.item(dice.randrange(4))


@flaw("L03", "error", "absolutes in wrong options alone")
def _(draft: Draft, dice: random.Random) -> Item:
    for n in dice.sample(range(len(draft.rest)), dice.choice([1, 2])):
        draft.rest[n] = dice.choice(["Always: {}", "{} and never again", "{} only", "{} for every request", "{}, which must be so", "{} in all Regions",
                                     "{}, which guarantees it", "{} and none besides"]).format(draft.rest[n])  # fmt: skip
    return draft.item(dice.randrange(4))


@flaw("L03", "warning", "absolutes in some options, the key among them")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.key += dice.choice([" in every zone", " and never without it", " only", " for all requests"])
    if dice.random() < 0.5:
        draft.rest[0] += " in every zone"
    return draft.item(dice.randrange(4))


@flaw("L04", "error", "the key is much the longest")
def _(draft: Draft, dice: random.Random) -> Item:
    longest = max(map(len, draft.rest))
    while len(draft.key) < max(longest + 16, 1.6 * longest):
        draft.key += dice.choice([" with the settings that were described", " after a review by the team", " for the time of the change"])
    return draft.item(dice.randrange(4))


@flaw("L05", "warning", "one option is far longer than another")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.key, draft.rest = "A queue with the name of the shop", [
        "A topic with the name of the shop", "A table with the name of the shop", "A bucket with the name of the shop"
    ]  # fmt: skip
    draft.rest[dice.randrange(3)] += " and a copy of it in the second account of the company, which an operator checks at the end of a day"
    return draft.item(dice.randrange(4))


@flaw("L12", "warning", "only the key is careful")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.key = dice.choice(["{}, which may take a while", "Usually: {}", "{}, as is often done", "{}, which can be repeated", "{}, typically",
                             "{}, which might do"]).format(draft.key)  # fmt: skip
    return draft.item(dice.randrange(4))


@flaw("L13", "warning", "an option holds another")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.rest[0] = dice.choice([draft.key, draft.rest[1]]) + dice.choice(
        [" with encryption", " and a second copy", " in two zones", " at night"]
    )
    return draft.item(dice.randrange(4))


@flaw("L13", "warning", "one option is the opposite of the key")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.key, draft.rest[0] = dice.choice(
        [("Increase the timeout of the function", "Decrease the timeout of the function"), ("Raise the batch size", "Lower the batch size"),
         ("Enable caching at the stage", "Disable caching at the stage"), ("The event is retried at once", "The event is not retried at once"),
         ("It runs before the commit", "It runs after the commit"), ("The charge rises by half", "The charge falls by half"),
         ("The object stays in the bucket", "The object never stays in the bucket"), ("Allow calls from the account", "Deny calls from the account")]
    )  # fmt: skip
    return draft.item(dice.randrange(4))


@flaw("L18", "warning", "an option is vague")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.rest[0] += dice.choice(
        [" with a lot of memory", " and so on", " with various settings", " with numerous copies", " for a number of users"]
    )
    return draft.item(dice.randrange(4))


# -- how options are built -------------------------------------------------------------------------------------------


@flaw("L07", "warning", "a full stop at some options alone")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.rest[dice.randrange(len(draft.rest))] += "."
    if dice.random() < 0.5:
        draft.key += "."
    return draft.item(dice.randrange(4))


@flaw("L07", "warning", "code among plain words")
def _(draft: Draft, dice: random.Random) -> Item:
    words = dice.sample(["Pending", "Active", "Failed", "Inactive", "Stopped", "Draining"], 4)
    coded = dice.randrange(4)
    words[coded] = f"`{words[coded]}`"
    draft.key, draft.rest = words[0], words[1:]
    return draft.item(dice.randrange(4))


@flaw("L07", "warning", "another kind of first word")
def _(draft: Draft, dice: random.Random) -> Item:
    kinds = {
        "verb": [
            "Add a queue before the table",
            "Move the data to a bucket",
            "Set a limit for the account",
            "Raise the memory of the host",
        ],
        "gerund": [
            "Adding a queue before the table",
            "Moving the data to a bucket",
            "Setting a limit for the account",
            "Raising the memory",
        ],
        "infinitive": ["To add a queue before the table", "To move the data to a bucket", "To set a limit", "To raise the memory"],
        "article": ["A queue before the table", "The data of the bucket", "A limit for the account", "The memory of the host"],
        "preposition": ["By a queue before the table", "With a bucket for the data", "Through a limit in the account", "With more memory"],
    }
    common, odd = dice.sample(sorted(kinds), 2)
    options = dice.sample(kinds[common], 3)
    draft.rest, draft.key = [*options[:2], options[2]], dice.choice(kinds[odd])
    return draft.item(dice.randrange(4))


@flaw("L08", "warning", "the key alone takes up a word of the stem")
def _(draft: Draft, dice: random.Random) -> Item:
    word = dice.choice(["parcel", "invoice", "thermometer", "passenger", "harvest", "lottery", "museum"])
    draft.stem = f"A {word} is handled twice a day, and the second one takes too long. Which change shortens its way through the company?"
    draft.key, *draft.rest = plain_options(4, dice)
    draft.key += dice.choice([f" for the {word}", f" with {word}s"])
    return draft.item(dice.randrange(4))


@flaw("L09", "warning", "the key is made of what the others say")
def _(draft: Draft, dice: random.Random) -> Item:
    words = dice.sample(["encrypted", "snapshot", "nightly", "replica", "private", "subnet", "regional", "cluster"], 6)
    other = dice.sample(["velvet", "curtain", "wooden", "bench", "silver", "kettle"], 6)
    draft.key = " ".join(words).capitalize()
    draft.rest = [f"{words[2 * n]} {words[2 * n + 1]} {other[2 * n]} {other[2 * n + 1]}".capitalize() for n in range(3)]
    return draft.item(dice.randrange(4))


@flaw("L10", "error", "too few or too many options")
def _(draft: Draft, dice: random.Random) -> Item:
    if dice.random() < 0.5:
        draft.rest = draft.rest[:1]
    else:
        draft.rest += plain_options(3, dice)
    return draft.item(dice.randrange(4))


@flaw("L10", "error", "one option twice")
def _(draft: Draft, dice: random.Random) -> Item:
    text = dice.choice([draft.key, draft.rest[1]])
    draft.rest[0] = dice.choice([text, text.upper(), f"{text}.", text.replace(" ", "  "), f"_{text}_"])
    return draft.item(dice.randrange(4))


@flaw("L10", "error", "numbers in disorder")
def _(draft: Draft, dice: random.Random) -> Item:
    numbers = dice.choice(
        [["5 seconds", "1 minute", "15 minutes", "2 hours"], ["1", "2", "20", "100"], ["128 MB", "256 MB", "1 GB", "10 GB"], ["1.5 %", "20 %", "25 %", "80 %"],
         ["$0.20", "$1.00", "$2.00", "$12.00"], ["30 days", "60 days", "90 days", "1 year"], ["1,000", "3,000", "10,000", "15,000"],
         ["USD 8", "USD 9", "USD 86", "USD 100"], ["Two", "Three", "Five", "Ten"], ["6 times", "12 times", "24 times", "48 times"]]
    )  # fmt: skip
    mixed = [numbers[n] for n in dice.choice([(1, 0, 2, 3), (2, 0, 1, 3), (0, 3, 1, 2), (3, 0, 2, 1)])]
    draft.rest, draft.key = mixed[:3], mixed[3]
    return draft.item(3)


# -- the stem --------------------------------------------------------------------------------------------------------


def _denied(dice: random.Random, no: str, cannot: str, but: str) -> str:
    return dice.choice(
        [f"Which of these services does {no} meet the need?", f"What is {no} a property of this design?", f"Which statement about the bucket is {no} true?",
         f"Which of the settings {cannot} be changed later?", f"Which change should {no} be made here?", f"All of these keep the data {but} which one?",
         f"Which of these {cannot} read the file?", f"Which parts of the system do {no} need a key?", f"Who is {no} allowed to open the file?",
         f"Which services will {no} fail in that case?", f"Choose the service that does {no} meet the need."]
    )  # fmt: skip


@flaw("L02", "error", "a quiet negative")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.stem = f"{draft.scenario} {_denied(dice, 'not', 'cannot', 'except')}"
    return draft.item(dice.randrange(4))


@flaw("L02", "warning", "a loud negative")
def _(draft: Draft, dice: random.Random) -> Item:
    mark = dice.choice(["{}", "**{}**"])
    words = [mark.format(word if mark != "{}" else word.upper()) for word in ("not", "cannot", "except")]
    draft.stem = f"{draft.scenario} {_denied(dice, *words)}"
    return draft.item(dice.randrange(4))


@flaw("L06", "error", "an article that fits some options")
def _(draft: Draft, dice: random.Random) -> Item:
    vowels = dice.sample(["alias record", "instance role", "endpoint policy", "edge location", "outbound rule", "hourly charge"], 2)
    consonants = dice.sample(["bucket policy", "queue name", "user pool", "target group", "one-time token", "route table"], 2)
    article, key, rest = dice.choice([("an", vowels[0], [vowels[1], *consonants]), ("a", consonants[0], [consonants[1], *vowels])])
    draft.stem = f"{draft.scenario} What the team adds to the account for this purpose is {article}{dice.choice([':', '', ' …', ' ___'])}"
    draft.key, draft.rest = key, rest
    return draft.item(dice.randrange(4))


@flaw("L06", "error", "a number that fits some options")
def _(draft: Draft, dice: random.Random) -> Item:
    many = dice.sample(["two queues", "both tables", "three buckets", "several zones", "four subnets"], 2)
    one = dice.sample(["a queue", "one table", "a bucket", "each zone", "an alarm"], 2)
    verb, key, rest = dice.choice([("are", many[0], [many[1], *one]), ("is", one[0], [one[1], *many])])
    draft.stem = f"{draft.scenario} The parts of the account that the change reaches first of all {verb}{dice.choice([':', '', ' …'])}"
    draft.key, draft.rest = key, rest
    return draft.item(dice.randrange(4))


@flaw("L11", "warning", "nothing is asked")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.stem = draft.scenario + dice.choice(
        [" The team looks for a service", " The cause of the delay", "", " The best service for it is"]
    )
    return draft.item(dice.randrange(4))


@flaw("L11", "warning", "a blank in the middle")
def _(draft: Draft, dice: random.Random) -> Item:
    blank = dice.choice(["____", "___", "…"])
    draft.stem = dice.choice(
        [f"The team puts {blank} in front of the table so that writes are evened out. What is missing?", f"A bucket with {blank} keeps old objects. Which word fits?",
         f"With {blank}, requests reach the nearest Region in short time. Which service is meant?"]
    )  # fmt: skip
    return draft.item(dice.randrange(4))


@flaw("L14", "error", "the number to select is missing or wrong")
def _(draft: Draft, dice: random.Random) -> Item:
    tail = dice.choice(["", " (Select THREE.)", " (Select FOUR.)", " (Choose.)", " (Select all that apply.)"])
    options = [f"*{draft.key}", *draft.rest, f"*{plain_options(1, dice)[0]}"][:6]
    dice.shuffle(options)
    return make(draft.stem + tail, options, kind="multiple")


@flaw("L14", "error", "single choice asks for several")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.stem += dice.choice([" (Select TWO.)", " (Select THREE.)", " (select two)"])
    return draft.item(dice.randrange(4))


@flaw("L17", "warning", "a scenario that is too long")
def _(draft: Draft, dice: random.Random) -> Item:
    filling = [
        "The company has offices in four towns.",
        "Its staff works from nine to five.",
        "A partner helps with the budget.",
        "The plan was made in spring.",
    ]
    while len(draft.stem.split()) <= 120:
        draft.stem = f"{dice.choice(filling)} {draft.stem}"
    return draft.item(dice.randrange(4))


@flaw("L17", "warning", "sentences that nobody can read")
def _(draft: Draft, dice: random.Random) -> Item:
    adjective, noun = (
        dice.choice(["organisational", "international", "administrative"]),
        dice.choice(["requirements", "considerations", "responsibilities"]),
    )
    draft.stem = (
        f"Considering the {adjective} {noun} of an infrastructure modernisation initiative whose participating organisations simultaneously "
        f"anticipate considerable variability of utilisation, which architectural configuration satisfies availability expectations?"
    )
    return draft.item(dice.randrange(4))


@flaw("L18", "warning", "best, by no measure")
def _(draft: Draft, dice: random.Random) -> Item:
    draft.stem = "A library lends films and keeps a list of its members in a file. " + dice.choice(
        ["What is the best service?", "Which service is best for the library?", "Which service is the most suitable one?", "What is the ideal design?",
         "Which is the most appropriate storage?", "What would be the optimal choice?", "Which design is most reasonable?"]
    )  # fmt: skip
    return draft.item(dice.randrange(4))


# -- what stands beside the options ----------------------------------------------------------------------------------


@flaw("L15", "error", "a rationale or a source is missing")
def _(draft: Draft, dice: random.Random) -> Item:
    if dice.random() < 0.5:
        whys = [WHY] * (len(draft.rest) + 1)
        whys[dice.randrange(len(whys))] = dice.choice(["", "Wrong.", " "])
        return draft.item(dice.randrange(4), whys=whys)
    bad = Source(title="Guide", url="http://docs.aws.amazon.com/", checked=SOURCE.checked)
    return draft.item(dice.randrange(4), sources=dice.choice([(), (bad,)]))
