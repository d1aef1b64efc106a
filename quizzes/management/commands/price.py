"""manage.py price: what a function or a workflow costs, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quizzes.domain.serverless.pricing import (
    Bill,
    accepted_inputs,
    lambda_bill,
    lambda_edge_bill,
    step_functions_express_bill,
    step_functions_standard_bill,
)

SERVICES: dict[str, Callable[..., Bill]] = {
    "lambda": lambda_bill,
    "lambda-edge": lambda_edge_bill,
    "step-functions-standard": step_functions_standard_bill,
    "step-functions-express": step_functions_express_bill,
}
WORDS: dict[str, Any] = {"true": True, "false": False, "yes": True, "no": False}


class Command(BaseCommand):
    help = "The bill of a month, line by line: manage.py price lambda requests=3000000 duration_ms=120 memory_mb=1536 architecture=arm64"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("service", choices=sorted(SERVICES))
        parser.add_argument("inputs", nargs="*", metavar="key=value", help="what the lab's fields are called; without any: what there is")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        compute = SERVICES[options["service"]]
        given = self._read(options["inputs"], options["service"], compute)
        try:
            bill = compute(**given)
        except ValueError as fault:
            raise CommandError(f"{fault}. Nothing was computed.") from None
        if options["json"]:
            self.stdout.write(json.dumps(as_json(bill), indent=2))
            return
        width = max((len(line.item) for line in bill.lines), default=0)
        for line in bill.lines:
            self.stdout.write(f"{line.item:{width}}  {line.quantity:>22,f} {line.unit:15} {line.usd:>16,.6f} USD  {line.arithmetic}")
        self.stdout.write(f"{'Total':{width}}  {bill.total_usd:,.6f} USD a month, {bill.region}")

    def _read(self, pairs: list[str], service: str, compute: Callable[..., Bill]) -> dict[str, Any]:
        known = accepted_inputs(compute)
        found: dict[str, Any] = {}
        for pair in pairs:
            name, equals, value = pair.partition("=")
            if not equals:
                raise CommandError(f"{pair!r} is not key=value. Write for example requests=3000000.")
            if name not in known:
                raise CommandError(f"{service} has no {name!r}. It takes: {', '.join(known)}.")
            found[name] = self._value(value)
        return found

    def _value(self, text: str) -> Any:
        if text.lower() in WORDS:
            return WORDS[text.lower()]
        if text.startswith("["):
            try:
                return json.loads(text)
            except ValueError:
                raise CommandError(f'{text!r} is not JSON. Write for example \'streamed=[{{"requests": 10, "mb_each": 7}}]\'.') from None
        return text


def as_json(bill: Bill) -> dict[str, Any]:
    """A bill as plain values; amounts are texts, so that no digit is lost."""
    return {
        "region": bill.region,
        "total_usd": f"{bill.total_usd:f}",
        "lines": [
            {
                "item": line.item, "quantity": f"{line.quantity:f}", "unit": line.unit, "price_usd": f"{line.price_usd:f}", "usd": f"{line.usd:f}",
                "arithmetic": line.arithmetic, "facts": list(line.facts),
            }
            for line in bill.lines
        ],
        "notes": list(bill.notes),
    }  # fmt: skip
