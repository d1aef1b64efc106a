"""What families share: the day of the facts, their pages, numbers as they are written, and wrong answers kept apart."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from quizzes.domain.generators.family import Wrong
from quizzes.domain.items import plain_number
from quizzes.domain.serverless.prices import PriceList, shipped

#: The day on which the facts behind the families were read.
CHECKED = date(2026, 11, 23)
#: Two answers closer than this share of the larger one are too much alike to tell apart two ways of thinking.
APART = Decimal("0.04")
#: How many wrong answers single choice shows.
PICKED = 3

_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/"
SYNC_CALLS = ("Invoke a Lambda function synchronously", _GUIDE + "invocation-sync.html")
SYNC_RETRIES = ("Understanding retry behavior in Lambda", _GUIDE + "invocation-retries.html")
ASYNC_ERRORS = ("How Lambda handles errors and retries with asynchronous invocation", _GUIDE + "invocation-async-error-handling.html")
ASYNC_SETTINGS = (
    "Configuring error handling settings for Lambda asynchronous invocations",
    _GUIDE + "invocation-async-configuring.html",
)
SQS_ERRORS = ("Handling errors for an SQS event source in Lambda", _GUIDE + "services-sqs-errorhandling.html")
SQS_SETTINGS = ("Creating and configuring an Amazon SQS event source mapping", _GUIDE + "services-sqs-configure.html")
CREATE_QUEUE = (
    "CreateQueue, Amazon SQS API Reference",
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
)
CREATE_MAPPING = (
    "CreateEventSourceMapping (AWS Lambda API Reference)",
    "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
)
KINESIS = ("Using Lambda to process records from Amazon Kinesis Data Streams", _GUIDE + "with-kinesis.html")
CONCURRENCY = ("Understanding Lambda function scaling", _GUIDE + "lambda-concurrency.html")
RESERVED = ("Configuring reserved concurrency for a function", _GUIDE + "configuration-concurrency.html")
SCALING = ("Lambda scaling behavior", _GUIDE + "scaling-behavior.html")
INIT = (
    "AWS Lambda standardizes billing for INIT Phase (AWS Compute Blog)",
    "https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/",
)
LAMBDA_PRICES = ("AWS Lambda Pricing", "https://aws.amazon.com/lambda/pricing/")
TIERS = (
    "Introducing tiered pricing for AWS Lambda (AWS Compute Blog)",
    "https://aws.amazon.com/blogs/compute/introducing-tiered-pricing-for-aws-lambda/",
)
WORKFLOW_PRICES = ("AWS Step Functions Pricing", "https://aws.amazon.com/step-functions/pricing/")
WORKFLOW_ERRORS = (
    "Handling errors in Step Functions workflows",
    "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html",
)


def num(value: Any) -> str:
    """A number for a text: 1,234.5, without needless zeros."""
    whole, _, rest = plain_number(Decimal(str(value))).partition(".")
    return f"{int(whole):,}" + (f".{rest}" if rest else "")


def plain(value: Any) -> str:
    """A number as a numeric item holds it: plain decimals."""
    return plain_number(Decimal(str(value)))


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))


def usd(value: Decimal) -> str:
    """USD 1,234.50."""
    return f"USD {cents(value):,}"


def count(value: int, thing: str) -> str:
    """1 message, 1,200 messages."""
    return f"{value:,} {thing}{'' if value == 1 else 's'}"


def apart(right: Any, wrong: Sequence[Wrong], *, below: int = -1, least: Any = 1, share: Decimal = APART) -> tuple[Wrong, ...]:
    """The wrong answers that keep a distance from the key and from those before them: a `share`, and `least` at any rate. Zero and less is left out.

    With `below`, as many of the first three are smaller than the key, where there are so many: else its place among numbers would give it away.
    """
    taken, found = [Decimal(right)], []
    for one in wrong:
        value = Decimal(one.value)
        if value > 0 and all(abs(value - other) >= max(Decimal(least), share * max(value, other)) for other in taken):
            taken.append(value)
            found.append(one)
    return tuple(found) if below < 0 else _placed(Decimal(right), found, below)


def _placed(right: Decimal, wrong: Sequence[Wrong], below: int) -> tuple[Wrong, ...]:
    smaller, larger = ([one for one in wrong if (Decimal(one.value) < right) is side] for side in (True, False))
    first = smaller[:below] + larger[: PICKED - below]
    return (*first, *(one for one in wrong if one not in first))


def place(rng: random.Random) -> int:
    """How many wrong answers shall be smaller than the key, 0 to 3."""
    return rng.randint(0, PICKED)


def day(prices: PriceList | None = None) -> str:
    """Where and when the prices hold, for a stem: N. Virginia, November 2026."""
    listed = prices or shipped()
    region = listed.region.partition("(")[2].rstrip(")") or listed.region
    return f"{region}, {listed.checked:%B %Y}"
