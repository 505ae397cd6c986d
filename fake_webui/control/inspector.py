"""The inspector: a page that shows what a client sends while it sends it."""

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from fake_webui.api.services import current_services
from fake_webui.contract import Table
from fake_webui.control.views import answer, find_exchange, is_number, number_argument
from fake_webui.errors import ControlError
from fake_webui.journal.recorder import SENT, Scope
from fake_webui.journal.searching import has_words

bp = Blueprint("inspector", __name__, url_prefix="/__fake")

HERE = Path(__file__).parent
PAGE = HERE / "templates" / "inspector.html"
MODULES = (
    "inspector", "dom", "journal", "rows", "heights", "search", "detail", "curl", "faults",
    "running", "settings",
)  # fmt: skip
# Every file that is served, so that no part of a request is ever a file name.
ASSETS: Final = {
    name: (HERE / "static" / name, content_type)
    for name, content_type in (
        ("inspector.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
        *((f"{name}.js", "text/javascript; charset=utf-8") for name in MODULES),
    )
}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
ROWS_AT_ONCE = SEARCHED_AT_ONCE = 2000
WAIT_S = 10.0
ROW_FACTS = (
    "n", "time", "mark", "method", "path", "matched", "unknown_fields", "findings", "fault",
    "status", "duration_s", "sent_bytes", "received_bytes",
)  # fmt: skip


@bp.get("")
def without_slash() -> ResponseReturnValue:
    """Lead to the page."""
    return redirect(f"{request.script_root}/__fake/")


@bp.get("/")
def page() -> ResponseReturnValue:
    """Return the page."""
    return Response(PAGE.read_bytes(), content_type="text/html; charset=utf-8", headers=HEADERS)


@bp.get("/static/<name>")
def asset(name: str) -> ResponseReturnValue:
    """Return a part of the page."""
    if name not in ASSETS:
        raise ControlError(404, f"the inspector has no {name}")
    path, content_type = ASSETS[name]
    return Response(path.read_bytes(), content_type=content_type, headers=HEADERS)


@bp.get("/feed")
def feed() -> ResponseReturnValue:
    """Return what is new in the journal as soon as there is something.

    `changes` and `epoch` are those of the last answer, `after` the last number that is known and
    `open` the numbers that were unanswered then.
    """
    recorder = current_services().recorder
    epoch_known = number_argument("epoch", 0)
    wait_s = WAIT_S if epoch_known == recorder.epoch else 0
    changes = recorder.wait_for_change(number_argument("changes", 0), wait_s)
    epoch = recorder.epoch
    is_known = epoch_known == epoch
    after = number_argument("after", 0) if is_known else 0
    unanswered = [int(n) for n in request.args.get("open", "").split(",") if is_number(n)]
    rows = recorder.facts(Scope(since=after), ROWS_AT_ONCE, unanswered if is_known else ())
    return answer(
        changes=changes,
        epoch=epoch,
        first_n=recorder.first_n,
        last_n=recorder.last_n,
        used_bytes=recorder.used_bytes,
        rows=[{name: getattr(row, name) for name in ROW_FACTS} for row in rows],
    )


@bp.get("/entries/<int:n>")
def entry(n: int) -> ResponseReturnValue:
    """Return one entry, with the fields that its payload left to their defaults."""
    exchange = find_exchange(n)
    endpoint = current_services().endpoints.get(exchange.path, {}).get(exchange.method)
    table = endpoint.body if endpoint else None
    defaults = left_out(table, exchange.payload) if isinstance(table, Table) else {}
    return answer(**exchange.full_entry(), defaults=defaults)


@bp.get("/entries/<int:n>/body")
def body(n: int) -> ResponseReturnValue:
    """Return the body as it was sent, to send it again."""
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(find_exchange(n).body, mimetype="application/octet-stream", headers=headers)


@bp.get("/search")
def search() -> ResponseReturnValue:
    """Return the numbers of the entries after `after` that have all the words of `text`.

    Only so many are looked at: up to `through`, from where the next question goes on.
    """
    recorder = current_services().recorder
    words = request.args.get("text", "").lower().split()
    epoch, after = recorder.epoch, number_argument("after", 0)
    start = max(after, recorder.first_n - 1)
    through = min(recorder.last_n, start + SEARCHED_AT_ONCE)
    entries = recorder.get_all(range(start + 1, through + 1), SENT)
    found = [exchange.n for exchange in entries if has_words(exchange, words)]
    return answer(epoch=epoch, found=found, through=through)


def left_out(table: Table, payload: Any) -> dict[str, Any]:
    """Return the fields that a payload does not set, with the values that they have then."""
    given = payload if isinstance(payload, dict) else {}
    optional = (field for field in table.fields if not field.required)
    return {field.name: field.default for field in optional if field.name not in given}
