"""The page's own calls, by which a browser works it: described, and not imitated."""

from typing import Any, Final

from fake_webui.contract import Family, Field, Table
from fake_webui.contract.coercion import (
    ANYTHING,
    BOOLEAN,
    FILES,
    INTEGER,
    LIST,
    MAPPING,
    PATH,
    STRING,
    either,
    list_of,
)

endpoints = Family(needs="webui")

RESET: Final = Table("ResetBody", (Field("session_hash", STRING), Field("fn_index", INTEGER)))
PREDICT: Final = Table(
    "PredictBody",
    (
        Field("session_hash", STRING, None),
        Field("event_id", STRING, None),
        Field("data", LIST),
        Field("event_data", ANYTHING, None),
        Field("fn_index", INTEGER, None),
        Field("batched", BOOLEAN, default=False),
        Field("request", either(MAPPING, list_of(MAPPING)), None),
    ),
)
UPLOAD: Final = Table("upload", (Field("files", FILES),))
FUNCTION: Final = Table("function", (Field("api_name", STRING),))
PROXIED: Final = Table("proxied", (Field("url_path", PATH),))
STREAM: Final = Table(
    "stream",
    (Field("session_hash", STRING), Field("run", INTEGER), Field("component_id", INTEGER)),
)


@endpoints.post(
    "/run/{api_name}",
    "/run/{api_name}/",
    name="predict",
    imitated=False,
    places=FUNCTION,
    body=PREDICT,
)
@endpoints.post(
    "/api/{api_name}",
    "/api/{api_name}/",
    name="predict",
    imitated=False,
    places=FUNCTION,
    body=PREDICT,
)
@endpoints.post("/reset", "/reset/", name="reset_iterator", imitated=False, body=RESET)
@endpoints.post("/upload", name="upload_file", imitated=False, form=UPLOAD)
@endpoints.head("/proxy={url_path}", name="reverse_proxy", imitated=False, places=PROXIED)
@endpoints.get("/proxy={url_path}", name="reverse_proxy", imitated=False, places=PROXIED)
@endpoints.get(
    "/stream/{session_hash}/{run}/{component_id}", name="stream", imitated=False, places=STREAM
)
def not_imitated(*_: Any) -> None:
    """Stand in the document of the real server; this one answers 404."""
