"""What the web page itself asks for, and what describes the server."""

import json
import time
from typing import Any

from flask import Blueprint, Response, request

from fake_webui import EMULATED_VERSION
from fake_webui.api.admission import parse_arguments
from fake_webui.api.answering import json_answer
from fake_webui.api.services import current_catalog, current_config, current_state
from fake_webui.config.settings import ServerConfig
from fake_webui.contract.tables import ATTACHMENT_QUERY
from fake_webui.webui.catalog import ROOT, read_data

bp = Blueprint("internal", __name__)

RAM_BYTES = 32 * 1024**3
USED_BYTES = 7 * 1024**3


@bp.get("/internal/ping")
def ping() -> Response:
    """Answer that the server is there."""
    return json_answer({})


@bp.get("/internal/quicksettings-hint")
def quicksettings_hint() -> Response:
    """List the options that the page could show at its top."""
    names = current_state().options.keys()
    return json_answer([{"name": name, "label": name.replace("_", " ")} for name in names])


@bp.get("/internal/profile-startup")
def profile_startup() -> Response:
    """Say how long the start took."""
    return json_answer({"total": 0.1, "records": {"launcher": 0.1}})


@bp.get("/internal/sysinfo")
def sysinfo() -> Response:
    """Describe the server as a JSON text."""
    as_file = parse_arguments(ATTACHMENT_QUERY).values["attachment"]
    return _sysinfo("attachment" if as_file else "inline")


@bp.get("/internal/sysinfo-download")
def sysinfo_download() -> Response:
    """Describe the server as a file."""
    return _sysinfo("attachment")


def _sysinfo(disposition: str) -> Response:
    name = time.strftime("sysinfo-%Y-%m-%d-%H-%M.json", time.gmtime())
    headers = {"Content-Disposition": f'{disposition}; filename="{name}"'}
    text = json.dumps(_facts(), indent=4)
    return Response(text, 200, headers, content_type="text/plain; charset=utf-8")


def _facts() -> dict[str, Any]:
    options = current_state().options
    return {
        "Platform": "fake-webui",
        "Python": "3.10.6",
        "Version": EMULATED_VERSION,
        "Commit": "<none>",
        "Script path": ROOT,
        "Data path": ROOT,
        "Extensions dir": f"{ROOT}/extensions",
        "Checksum": "0" * 64,
        "Commandline": ["launch.py", "--api"],
        "Torch env info": "torch is not installed",
        "Exceptions": [],
        "CPU": {"model": "", "count logical": 1, "count physical": 1},
        "RAM": {"total": "32GB", "used": "7GB", "free": "25GB"},
        "Extensions": [{"name": name} for name in current_catalog().extensions],
        "Inactive extensions": [],
        "Environment": {"GRADIO_ANALYTICS_ENABLED": "False"},
        "Config": {key: options.get(key) for key in ("sd_model_checkpoint", "sd_checkpoint_hash")},
        "Startup": {"total": 0.1, "records": {"launcher": 0.1}},
        "Packages": [],
    }


@bp.get("/sdapi/v1/memory")
def memory() -> Response:
    """Say how much memory there is; there is no GPU."""
    ram = {"free": RAM_BYTES - USED_BYTES, "used": USED_BYTES, "total": RAM_BYTES}
    return json_answer({"ram": ram, "cuda": {"error": "unavailable"}})


@bp.get("/sdapi/v1/cmd-flags")
def cmd_flags() -> Response:
    """List the command line's flags as the real server would have been started."""
    flags = {key: _in_root(value) for key, value in read_data("cmd_flags").items()}
    return json_answer(flags | _own_flags(current_config()))


def _in_root(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_root(item) for item in value]
    return value.replace("{root}", ROOT) if isinstance(value, str) else value


def _own_flags(config: ServerConfig) -> dict[str, Any]:
    accounts = ",".join(":".join(account) for account in config.api_auth.items())
    return {
        "port": request.environ["SERVER_PORT"],
        "server_name": config.host,
        "listen": config.allow_remote,
        "api_auth": accounts or None,
        "cors_allow_origins": ",".join(config.cors_allow_origins) or None,
        "nowebui": config.nowebui,
        "api_server_stop": config.api_server_stop,
    }
