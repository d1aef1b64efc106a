"""How values read on the page."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from quizzes.domain import markdown
from quizzes.domain.items import number

register = template.Library()


@register.filter
def clock(seconds: float | None) -> str:
    """3725 -> 1:02:05; None -> "no limit"."""
    if seconds is None:
        return "no limit"
    hours, rest = divmod(int(seconds), 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def duration(milliseconds: int | None) -> str:
    """102000 -> 1:42; None or 0 -> a dash."""
    return clock(milliseconds / 1000) if milliseconds else "–"


@register.filter
def percent(share: float | None) -> str:
    """0.716 -> 72 %."""
    return "–" if share is None else f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


#: The states of a topic in words; the style sheet puts a sign of its own shape before each.
HEAT = {"cold": "Cold", "warm": "Warming up", "hot": "Hot", "cooling": "Cooling"}


@register.filter
def heat_word(heat: Any) -> str:
    """Hot · 88 %; a cold topic has no share."""
    word = HEAT[heat.state]
    return word if heat.mean is None else f"{word} · {percent(heat.mean)}"


@register.filter
def heat_words(topic: Any) -> str:
    """What a topic's temperature rests on: the number of first answers with the interval, and what cools it."""
    heat = topic.heat
    if heat.mean is None:
        return f"{heat.answers} of 8 first answers given" if heat.answers else "not started"
    words = f"{heat.answers} first answers, likely {percent(heat.low)} to {percent(heat.high)}"
    return f"{words}; {percent(topic.recall)} recalled now" if heat.state == "cooling" else words


@register.filter
def day(moment: date | datetime | str | None) -> str:
    """A day as people write it: 18 Nov 2026."""
    if moment is None or moment == "":
        return "–"
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment)
    return f"{moment.day} {moment:%b %Y}"


@register.filter
def at(moment: datetime | None) -> str:
    """The time of day: 09:14:07."""
    return "" if moment is None else f"{timezone.localtime(moment):%H:%M:%S}"


@register.filter
def moment(at: datetime | None) -> str:
    """A day with its hour, as an appointment: 18 Nov 2026, 09:14 UTC."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    return f"{day(local)}, {local:%H:%M %Z}"


@register.filter
def long_time(seconds: float | timedelta | None) -> str:
    """6120 -> 1 h 42 min."""
    if seconds is None:
        return "no limit"
    whole = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    hours, rest = divmod(whole, 3600)
    minutes = rest // 60
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else ""]
    return "\N{NO-BREAK SPACE}".join(part for part in parts if part).replace(" ", "\N{NO-BREAK SPACE}")


@register.filter
def md(text: str) -> SafeString:
    """A stem: markdown with paragraphs, sanitised by domain.markdown."""
    return mark_safe(markdown.block(text))  # noqa: S308


@register.filter
def md_line(text: str) -> SafeString:
    """An option or a rationale: markdown in one line, sanitised by domain.markdown."""
    return mark_safe(markdown.inline(text))  # noqa: S308


@register.filter
def safe_html(html: str) -> SafeString:
    """HTML that domain.markdown or domain.lesson made when the content was loaded."""
    return mark_safe(html)  # noqa: S308


@register.filter
def at_key(mapping: Any, key: Any) -> Any:
    """The value of a key; "" where there is none."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def ordinal(place: int) -> str:
    """1st, 2nd, 3rd, 4th, … for places up to ten."""
    return f"{place}{('st', 'nd', 'rd')[place - 1] if place in (1, 2, 3) else 'th'}"


@register.filter
def grouped(text: str) -> str:
    """A plain decimal with commas between thousands: 1250.5 -> 1,250.5. What is no number stays."""
    value = number(text)
    return text if value is None else f"{value:,f}"


@register.filter
def bar(share: float | None, width: float = 100) -> str:
    """A share as a length: 0.71 -> 71.0 of 100. Always with a point, whatever the language."""
    return f"{min(max(share or 0, 0), 1) * float(width):.1f}"


@register.filter
def on_scale(score: int | None) -> str:
    """A scaled score as a place on a line from 10 (100 points) to 410 (1000 points)."""
    return f"{10 + 400 * ((score or 100) - 100) / 900:.1f}"


@register.filter
def usd(amount: Any) -> str:
    """An amount as a bill prints it: 2.7333 -> $2.73; less than a cent with the digits that say something."""
    value = Decimal(str(amount))
    if value == 0 or abs(value) >= Decimal("0.01"):
        return f"${value:,.2f}"
    return f"${value:.2g}" if abs(value) >= Decimal("0.0001") else f"${_plain(value, 4)}"


@register.filter
def unit_price(amount: Any) -> str:
    """A price of one unit with all its digits: $0.0000166667."""
    return f"${_plain(Decimal(str(amount)), 6)}"


@register.filter
def amount(value: Any) -> str:
    """A quantity: 1,234.5, at most three decimals."""
    text = f"{Decimal(str(value)):,.3f}"
    return text.rstrip("0").rstrip(".")


def _plain(value: Decimal, digits: int) -> str:
    """A number in plain decimals with so many significant digits."""
    if not value:
        return "0"
    places = max(0, digits - 1 - value.adjusted())
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.inclusion_tag("quizzes/labs/_chart.html")
def chart(drawn: Any) -> dict[str, Any]:
    """A chart of domain.charts as SVG."""
    return {"chart": drawn}


@register.simple_tag
@lru_cache(maxsize=4096)
def topic_line(topic: Any) -> SafeString:
    """A topic with its temperature. The same topic with the same figures always reads the same, so it is kept: Today shows all of them."""
    return render_to_string("quizzes/_topic.html", {"topic": topic})


@register.simple_tag
def offline_reading() -> bool:
    """Whether browsers keep lessons for reading without a link."""
    return bool(settings.OFFLINE_READING)


@register.filter
def size(count: int) -> str:
    """Bytes as people say them: 160 KB, 1.2 MB."""
    return f"{max(1, round(count / 1000))}\N{NO-BREAK SPACE}KB" if count < 950_000 else f"{count / 1e6:.1f}\N{NO-BREAK SPACE}MB"


@register.inclusion_tag("quizzes/_bars.html")
def bars(drawn: Any) -> dict[str, Any]:
    """A bar chart of domain.charts as SVG."""
    return {"chart": drawn}


@register.inclusion_tag("quizzes/results/_time_chart.html")
def time_chart(rows: list[Any]) -> dict[str, Any]:
    """Seconds per question as dots over the form, right ones filled."""
    longest = max((row.spent_ms for row in rows), default=0) or 1
    step = 300 / max(1, len(rows))
    dots = [
        {"x": f"{16 + step * (n + 0.5):.1f}", "y": f"{110 - 90 * row.spent_ms / longest:.1f}", "right": row.right}
        for n, row in enumerate(rows)
    ]
    return {"dots": dots, "count": len(rows), "longest": longest / 1000}
