"""Prompt packs."""

from flask.typing import ResponseReturnValue

from app.gui.context import gui
from app.gui.endpoints import Endpoints
from app.planning.packs import list_packs, list_samples

packs = Endpoints("packs")


@packs.get("/packs")
def look() -> ResponseReturnValue:
    """Answer with the names of the packs in the home, and of those that come with the app."""
    return {"packs": list_packs(gui().application.home), "samples": list_samples()}
