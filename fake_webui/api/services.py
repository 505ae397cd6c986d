"""The parts of the running server, as views reach them."""

from typing import cast

from flask import current_app

from fake_webui.config.settings import ServerConfig
from fake_webui.contract.endpoints import Index
from fake_webui.faults.book import FaultBook
from fake_webui.faults.wire import Patience
from fake_webui.journal.recorder import Recorder
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.state import WebUIState


def current_config() -> ServerConfig:
    """Return what the server was started with."""
    return cast("ServerConfig", current_app.extensions["fake_webui.config"])


def current_catalog() -> Catalog:
    """Return what the server has installed."""
    return cast("Catalog", current_app.extensions["fake_webui.catalog"])


def current_endpoints() -> Index:
    """Return the endpoints that this server has, by path and method."""
    return cast("Index", current_app.extensions["fake_webui.endpoints"])


def current_state() -> WebUIState:
    """Return the state that requests share."""
    return cast("WebUIState", current_app.extensions["fake_webui.state"])


def current_recorder() -> Recorder:
    """Return the journal."""
    return cast("Recorder", current_app.extensions["fake_webui.recorder"])


def current_faults() -> FaultBook:
    """Return the fault rules in force."""
    return cast("FaultBook", current_app.extensions["fake_webui.faults"])


def current_patience() -> Patience:
    """Return what the waits of faults depend on."""
    return cast("Patience", current_app.extensions["fake_webui.patience"])
