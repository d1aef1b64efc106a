"""Tables of the desk that are no list of rows of one model: they sort, filter and go out as CSV like the others."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify

from quizzes.domain.tables import Table, arrange, as_csv, ordered_both_ways, sorted_as
from quizzes.services import accounts
from quizzes.views import limits


def table_page(request: HttpRequest, table: Table, *, file: str = "", of: str = "") -> HttpResponse | dict[str, Any]:
    """The table as CSV where the address asks for it, otherwise what `admin/_table.html` needs: the rows that it asks for, in its order.

    `file` is a part of the file's name, `of` says in the audit log whose rows were taken out.
    """
    asked = {name: request.GET.get(name, "")[:100] for name in ("q", "state", "sort")}
    shown = arrange(table, sort=asked["sort"], words=asked["q"], state=asked["state"])
    if request.GET.get("format") == "csv":
        limits.require(request, "export")
        accounts.note_export(what=f"{table.title} {of}".strip(), by=request.user, rows=len(shown.rows))  # type: ignore[arg-type]
        name = slugify(f"{file} {table.title} {timezone.localdate()}")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return HttpResponse(as_csv(shown), content_type="text/csv; charset=utf-8", headers=headers)

    def address(**values: str) -> str:
        return f"?{urlencode({name: value for name, value in {**asked, **values}.items() if value})}"

    aria = sorted_as(table.columns, sort=asked["sort"])
    headings = [(column, address(sort=ordered_both_ways(column.key, current=asked["sort"])), aria[column.key]) for column in table.columns]
    return {
        "table": shown, "total": len(table.rows), "headings": headings, "asked": asked, "csv": address(format="csv"),
        "looks_in": next((column.title for column in table.columns if not column.is_number), "Name"),
        "lines": [list(zip(row.cells, table.columns, strict=True)) for row in shown.rows],
    }  # fmt: skip
