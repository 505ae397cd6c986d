"""The page itself: one document and its files, which bring everything else by the interface."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

page = Blueprint("page", __name__, static_folder="../static", static_url_path="/static")


@page.get("/")
def index() -> ResponseReturnValue:
    """Answer with the page."""
    return page.send_static_file("index.html")
