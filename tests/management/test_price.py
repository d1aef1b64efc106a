"""manage.py price: the same bills from the command line."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def run(*words: str) -> str:
    out = StringIO()
    call_command("price", *words, stdout=out)
    return out.getvalue()


def test_a_bill_in_words():
    out = run("lambda", "requests=3,000,000", "duration_ms=120", "memory_mb=1536", "free_tier=yes")
    assert "Total             2.733338 USD a month, US East (N. Virginia)" in out


def test_a_bill_as_json_keeps_every_digit():
    told = json.loads(run("step-functions-express", "executions=1000", "duration_ms=11300", "memory_mb=64", "--json"))
    assert float(told["total_usd"]) == pytest.approx(0.0127746)
    assert [line["item"] for line in told["lines"]] == ["Requests", "Duration"]
    assert told["lines"][0]["facts"] == ["sfn-price-express-requests"]


def test_lists_are_json():
    told = json.loads(run("lambda", 'streamed=[{"requests": 204800, "mb_each": 7}]', "--json"))
    assert float(told["total_usd"]) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("lambda", "speed=9"), "lambda has no 'speed'. It takes: requests, "),
        (("lambda", "requests"), "'requests' is not key=value"),
        (("lambda", "requests=many"), "'many' is not a number. Nothing was computed."),
        (("lambda", "streamed=[{"), "is not JSON"),
        (("lambda", "requests=1", "duration_ms=1", "architecture=mips"), "x86_64 or arm64, not 'mips'"),
        (("ec2",), "invalid choice"),
    ],
)
def test_a_slip_is_told_in_a_sentence(words, sentence):
    with pytest.raises(CommandError, match=sentence.replace("[", r"\[").replace("{", r"\{")):
        run(*words)
