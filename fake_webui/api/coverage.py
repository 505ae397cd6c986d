"""What of the real server is imitated, endpoint by endpoint and field by field."""

from collections.abc import Iterable
from typing import Any, Final

from fake_webui.contract import MISSING, Endpoint, Field, Table
from fake_webui.contract.tables import EXTRA_BATCH, EXTRA_SINGLE, IMG2IMG, TXT2IMG

EFFECTIVE: Final = "imitated"
ECHOED: Final = "accepted"

# Fields that are checked and echoed, and change neither pictures nor infotexts here.
_FACES_ALONE: Final = frozenset({"show_extras_results", "upscale_first"})
WITHOUT_EFFECT: Final = {
    TXT2IMG.name: frozenset({"comments"}),
    IMG2IMG.name: frozenset({"comments", "image_cfg_scale", "firstpass_image"}),
    EXTRA_SINGLE.name: _FACES_ALONE,
    EXTRA_BATCH.name: _FACES_ALONE,
}


def list_coverage(endpoints: Iterable[Endpoint]) -> list[dict[str, Any]]:
    """Return every endpoint of the real server, those that are imitated first.

    Each has method, path, `imitated` and its fields; a field's status is "imitated", or
    "accepted" where it is validated and has no effect.
    """
    listed = [_endpoint(endpoint) for endpoint in endpoints]
    return sorted(listed, key=lambda one: not one["imitated"])


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    tables = endpoint.tables if endpoint.imitated else ()
    fields = [_field(table, field) for table in tables for field in table.fields]
    return {
        "method": endpoint.method,
        "path": endpoint.path,
        "imitated": endpoint.imitated,
        "needs": endpoint.needs,
        "fields": fields,
    }


def _field(table: Table, field: Field) -> dict[str, Any]:
    without_effect = field.name in WITHOUT_EFFECT.get(table.name, ())
    facts: dict[str, Any] = {"name": field.name, "type": field.type.schema.get("type", "any")}
    if field.default is not MISSING:
        facts["default"] = field.default
    facts["required"] = field.required
    facts["nullable"] = field.accepts_null
    return facts | {"status": ECHOED if without_effect else EFFECTIVE}
