"""Settings over HTTP: what may change while the server runs."""

from collections.abc import Iterable

from flask import Blueprint
from flask.typing import ResponseReturnValue

from fake_webui.api.services import Services, current_services
from fake_webui.config.changing import changeable, changed
from fake_webui.config.settings import ServerConfig
from fake_webui.control.views import answer, json_body
from fake_webui.errors import ConfigError, ControlError

bp = Blueprint("settings", __name__, url_prefix="/__fake/v1/settings")


@bp.get("")
def show_settings() -> ResponseReturnValue:
    """Return the settings that may change."""
    return answer(**changeable(current_services().state.config))


@bp.patch("")
def change_settings() -> ResponseReturnValue:
    """Change some, all or none; generations that run keep what they began with."""
    services, changes = current_services(), json_body()
    try:
        config = changed(services.state.config, changes)
    except ConfigError as error:
        raise ControlError(422, str(error)) from None
    take(services, config, changes)
    return show_settings()


def take(services: Services, config: ServerConfig, changes: Iterable[str]) -> None:
    """Let a server go on with a configuration in which the named settings are new."""
    services.state.configure(config)
    if "seed" in changes:
        services.state.seed()
        services.faults.seed(config.seed)
