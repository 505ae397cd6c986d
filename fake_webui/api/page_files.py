"""Files of the page: its own, of which there are none, and those on the WebUI's disk."""

import posixpath
from typing import Any, NoReturn

from fake_webui.contract import Family, Field, Parsed, Table
from fake_webui.contract.coercion import PATH
from fake_webui.errors import page_error
from fake_webui.webui.state import WebUIState

endpoints = Family(needs="webui")

ANY_FILE = Table("file", (Field("path", PATH),))
FILE_OR_URL = Table("file", (Field("path_or_url", PATH),))


@endpoints.get("/static/{path}", name="static_resource", places=ANY_FILE)
@endpoints.get("/assets/{path}", name="build_resource", places=ANY_FILE)
def resource(*_: Any) -> NoReturn:
    """Say that the page is made of no such file."""
    raise page_error(404, "File not found")


@endpoints.head("/file={path_or_url}", places=FILE_OR_URL, private=True)
@endpoints.get("/file={path_or_url}", places=FILE_OR_URL, private=True)
def file(state: WebUIState, asked: Parsed) -> NoReturn:
    """Say that a file in the WebUI's folder is not there, and that others may not be read."""
    _refuse(asked.values["path_or_url"], state.policy.root)


@endpoints.get("/file/{path}", name="file_deprecated", places=ANY_FILE, private=True)
def file_deprecated(state: WebUIState, asked: Parsed) -> NoReturn:
    """Answer as for the newer address of a file."""
    _refuse(asked.values["path"], state.policy.root)


def _refuse(name: str, root: str) -> NoReturn:
    path = posixpath.normpath(posixpath.join(root, name))
    if not path.startswith(f"{root}/"):
        raise page_error(403, f"File not allowed: {name}.")
    raise page_error(404, f"File not found: {name}.")
