"""What the control endpoints do: the journal, waiting for it, marks, faults, reset."""

import io
import json
import os
import secrets
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter

from fake_webui.api.coverage import list_coverage
from fake_webui.api.families import known_endpoints
from fake_webui.api.services import Services, current_services
from fake_webui.contract.body import MOST_VALUES, has_too_many_values
from fake_webui.control.scope_registry import EXTENSION
from fake_webui.errors import ControlError
from fake_webui.faults.actions import can_be_encoded
from fake_webui.faults.parsing import parse_rule, parse_word
from fake_webui.faults.rules import FaultRule
from fake_webui.faults.wire import SOCKET, has_hung_up
from fake_webui.journal import expectation
from fake_webui.journal.exchange import Exchange
from fake_webui.journal.expectation import Question, parse_question
from fake_webui.journal.matching import Match, known, whole_path
from fake_webui.journal.payloads import MEDIA_TYPES, children
from fake_webui.journal.recorder import SENT, Recorder, Scope
from fake_webui.version import __version__
from fake_webui.wording import shown

if TYPE_CHECKING:
    from fake_webui.control.scope_registry import Scopes

bp = Blueprint("control", __name__, url_prefix="/__fake/v1")

INSTANCE_TOKEN = secrets.token_hex(16)
REQUESTS_KEYS = ("path", "method", "mark", "since", "unmatched", "limit")
TRUE, FALSE = ("1", "true", "yes"), ("0", "false", "no", "")
LARGEST_THUMBNAIL_PX = 1024
LEVELS = 100  # of arrays in arrays
DIGITS = 15


class Number(IntegerConverter):
    """A number in an address, of no more digits than Python reads."""

    regex = rf"\d{{1,{DIGITS}}}"


@bp.get("/health")
def health() -> ResponseReturnValue:
    """Say what is running here."""
    services = current_services()
    profile, upstream = services.profile, services.upstream
    return answer(
        version=__version__,
        profile=profile.name,
        emulates=profile.title,
        emulated_version=profile.policy.version,
        pid=os.getpid(),
        instance_token=INSTANCE_TOKEN,
        upstream=upstream.url if upstream else None,
        **all_scopes().facts(),
    )


@bp.get("/scopes")
def list_scopes() -> ResponseReturnValue:
    """Return the names of the WebUIs beside this one."""
    return answer(scopes=all_scopes().names())


def all_scopes() -> "Scopes":
    """Return the scopes of this server."""
    return cast("Scopes", current_app.extensions[EXTENSION])


@bp.get("/requests")
def list_requests() -> ResponseReturnValue:
    """Return the journal, oldest first."""
    arguments = request.args
    if unknown := sorted(set(arguments) - set(REQUESTS_KEYS)):
        raise ControlError(422, f"no filter {shown(unknown[0])}; there are {known(REQUESTS_KEYS)}")
    recorder = current_services().recorder
    scope = Scope(since=number_argument("since", 0), mark=arguments.get("mark"))
    method = arguments.get("method")
    path = whole_path(arguments["path"]) if "path" in arguments else None
    match = Match(path=path, method=method.upper() if method else None)
    unmatched = flag_argument("unmatched")
    numbers = recorder.select(
        lambda kind: match.accepts_kind(kind) and not (unmatched and kind.matched), scope
    )
    limit = number_argument("limit", recorder.last_n)
    page = recorder.get_all(islice(numbers, limit), SENT)
    return entries_answer(page, evicted=recorder.evicted(scope))


@bp.get("/requests/<int:n>")
def one_request(n: int) -> ResponseReturnValue:
    """Return one entry with its answer and its images listed."""
    return answer(**find_exchange(n).full_entry())


@bp.get("/requests/<int:n>/images/<int:index>")
def one_image(n: int, index: int) -> ResponseReturnValue:
    """Return the bytes of an image; at most `thumbnail` pixels wide and high if that is given."""
    images = find_exchange(n).images_with_places()
    if index >= len(images):
        raise ControlError(404, f"request {n} carried {len(images)} images, numbered from 0")
    image, _ = images[index]
    if size_px := number_argument("thumbnail", 0):
        data, kind = thumbnail(image.data, min(size_px, LARGEST_THUMBNAIL_PX)), "image/png"
    else:
        kind = MEDIA_TYPES.get(str(image.describe()["format"]), "application/octet-stream")
        data = image.data
    return Response(data, content_type=kind, headers={"X-Content-Type-Options": "nosniff"})


@bp.post("/requests/count")
def count_requests() -> ResponseReturnValue:
    """Return how many requests match."""
    return answer(count=expectation.count(current_services().recorder, question()))


@bp.post("/requests/find")
def find_requests() -> ResponseReturnValue:
    """Return the requests that match."""
    recorder, asked = current_services().recorder, question()
    return entries_answer(expectation.find(recorder, asked), evicted=recorder.evicted(asked.scope))


@bp.post("/requests/wait")
def wait_for_requests() -> ResponseReturnValue:
    """Return the requests that match as soon as there are enough of them."""
    has_gone = partial(has_hung_up, request.environ.get(SOCKET))
    return entries_answer(expectation.wait(current_services().recorder, question(), has_gone))


@bp.delete("/requests")
def delete_requests() -> ResponseReturnValue:
    """Empty the journal, and nothing else."""
    current_services().recorder.clear()
    return answer()


@bp.post("/mark")
def mark() -> ResponseReturnValue:
    """Let later entries carry a mark; none given, let them carry none."""
    name = read_name(json_body())
    current_services().recorder.mark(name)
    return answer(mark=name)


@bp.get("/faults")
def list_faults() -> ResponseReturnValue:
    """Return the rules in force and every action there is."""
    services = current_services()
    actions = {
        name: action.as_json(services.endpoints) for name, action in services.actions.items()
    }
    return answer(rules=services.faults.rules(), actions=actions)


@bp.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Add a rule, as an object or as one word of the command line."""
    services = current_services()
    return answer(**services.faults.add(read_fault(json_body(), services)))


def read_fault(rule: Any, services: Services) -> FaultRule:
    """Read a rule, as an object or as one word of the command line.

    Raises:
        ControlError: 422 that says what is allowed.
    """
    parse = parse_word if isinstance(rule, str) else parse_rule
    return parse(rule, services.endpoints, services.actions)


@bp.delete("/faults")
def remove_faults() -> ResponseReturnValue:
    """Remove every rule."""
    return answer(removed=current_services().faults.remove())


@bp.delete("/faults/<int:position>")
def remove_fault(position: int) -> ResponseReturnValue:
    """Remove one rule."""
    if not (removed := current_services().faults.remove(position)):
        raise ControlError(404, f"there is no rule {position}")
    return answer(removed=removed)


@bp.get("/coverage")
def coverage() -> ResponseReturnValue:
    """List what is imitated, endpoint by endpoint and field by field."""
    return answer(endpoints=list_coverage(known_endpoints(current_services().profile)))


def answer(**facts: Any) -> Response:
    """Answer with a JSON object, its keys in this order."""
    return Response(json.dumps(facts), content_type="application/json")


def read_name(body: Any) -> str | None:
    """Return the mark that a body names, None for none.

    Raises:
        ControlError: 422 for any other body.
    """
    match body:
        case None:
            return None
        case {"name": str() | None as name, **rest} if not rest:
            if can_be_encoded(name or "", "utf-8"):
                return name
            raise ControlError(422, "a mark has no halves of surrogate pairs")
    raise ControlError(422, 'the body is {"name": "…"}, or {"name": null} for no mark')


def question() -> Question:
    """Read what the request asks of the journal."""
    return parse_question(json_body())


def json_body() -> Any:
    """Return the JSON of the body, whatever its type is called, or None without a body.

    Raises:
        ControlError: 422 with line and column, if it is not JSON; 422 for what nobody can mean.
    """
    if not (body := request.get_data()).strip():
        return None
    if has_too_many_values(body):
        raise ControlError(422, f"the body has more than {MOST_VALUES:,} values")
    try:
        value = json.loads(body)
        check_depth(value, LEVELS)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ControlError(422, f"the body is not JSON: {error}") from error
    except ValueError as error:
        raise ControlError(422, "the body has a number of too many digits") from error
    except RecursionError as error:
        raise ControlError(422, f"the body is nested deeper than {LEVELS} levels") from error
    return value


def check_depth(value: Any, levels: int) -> None:
    """Refuse arrays in arrays that are more than `levels` deep.

    Raises:
        RecursionError: if they are.
    """
    if not levels:
        raise RecursionError
    for _, child in children(value):
        check_depth(child, levels - 1)


def number_argument(name: str, default: int) -> int:
    """Return a whole number of the query.

    Raises:
        ControlError: 422 if it is not one, or is negative.
    """
    text = request.args.get(name, str(default))
    if len(text) > DIGITS:
        raise ControlError(422, f"{name} must be a whole number of at most {DIGITS} digits")
    if not is_number(text):
        raise ControlError(422, f"{name} must be a whole number, not {shown(text)}")
    return int(text)


def is_number(text: str) -> bool:
    """Return whether a text is a whole number, and not longer than any that is meant."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def flag_argument(name: str) -> bool:
    """Return a switch of the query.

    Raises:
        ControlError: 422 if it is neither on nor off.
    """
    text = request.args.get(name, "").lower()
    if text not in (*TRUE, *FALSE):
        raise ControlError(422, f"{name} must be true or false, not {shown(text)}")
    return text in TRUE


def find_exchange(n: int) -> Exchange:
    """Return an entry of the journal.

    Raises:
        ControlError: 410 if it was evicted or deleted, 404 if it never was.
    """
    recorder: Recorder = current_services().recorder
    if exchange := recorder.get(n):
        return exchange
    if 0 < n <= recorder.last_n:
        raise ControlError(410, f"request {n} is no longer in the journal")
    raise ControlError(404, f"there is no request {n}; the last is {recorder.last_n}")


def entries_answer(exchanges: Iterable[Exchange], **facts: Any) -> ResponseReturnValue:
    """Answer with entries, of which only one is in memory as anything but text."""
    entries = ", ".join(json.dumps(exchange.entry()) for exchange in exchanges)
    rest = "".join(f', "{name}": {json.dumps(fact)}' for name, fact in facts.items())
    return Response(f'{{"requests": [{entries}]{rest}}}', content_type="application/json")


def thumbnail(data: bytes, size_px: int) -> bytes:
    """Return a small PNG of an image.

    Raises:
        ControlError: 422 if it can't be decoded.
    """
    from PIL import Image  # noqa: PLC0415 (serving needs it only for a page that is open)

    from fake_webui.webui.images import open_image  # noqa: PLC0415

    stream = io.BytesIO()
    try:
        image = open_image(data)
        image.thumbnail((size_px, size_px))
        image.save(stream, format="PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ControlError(422, f"this image can't be decoded: {error}") from error
    return stream.getvalue()
