"""What the web page itself asks for, and what describes the server."""

import json
import time
from collections.abc import Mapping
from typing import Any

from flask import Response, request

from fake_webui.config.settings import ServerConfig
from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import list_of
from fake_webui.contract.tables import ATTACHMENT_QUERY
from fake_webui.webui.components import settings_labels
from fake_webui.webui.state import WebUIState

endpoints = Family()

RAM_BYTES = 32 * 1024**3
USED_BYTES = 7 * 1024**3
PHASES = (
    "launcher", "import torch", "import gradio", "setup paths", "import ldm", "import sgm",
    "initialize shared", "other imports", "setup SD model", "setup codeformer", "setup gfpgan",
    "list SD models", "load scripts", "load scripts/core", "load scripts/extensions",
    "load scripts/lora", "load scripts/postprocessing", "load scripts/prompt_matrix",
    "load scripts/xyz_grid", "load scripts/sd_upscale", "load scripts/outpainting",
    "load scripts/loopback", "load upscalers", "refresh VAE", "refresh textual inversion templates",
    "scripts list_optimizers", "scripts list_unets", "reload hypernetworks",
    "initialize extra networks", "scripts before_ui_callback", "create ui", "gradio launch",
    "add APIs", "app_started_callback", "app_started_callback/lora",
)  # fmt: skip
STARTUP = {"total": 0.1, "records": dict.fromkeys(PHASES, 0.1 / len(PHASES))}


@endpoints.get("/internal/ping", name="<lambda>", needs="webui")
def ping(*_: Any) -> Any:
    """Answer that the server is there."""
    return {}


@endpoints.get("/internal/quicksettings-hint", answer=list_of(answers.HINT), needs="webui")
def quicksettings_hint(state: WebUIState, _: Parsed) -> Any:
    """List the options that the page could show at its top."""
    labels = settings_labels(state.catalog, state.options)
    return [{"name": name, "label": label} for name, label in labels.items()]


@endpoints.get("/internal/profile-startup", name="<lambda>", needs="webui")
def profile_startup(*_: Any) -> Any:
    """Say how long the start took."""
    return STARTUP


@endpoints.get("/internal/sysinfo", name="download_sysinfo", query=ATTACHMENT_QUERY, needs="webui")
def sysinfo(state: WebUIState, asked: Parsed) -> Response:
    """Describe the server as a JSON text."""
    return _sysinfo(state, "attachment" if asked.values["attachment"] else "inline")


@endpoints.get("/internal/sysinfo-download", name="<lambda>", needs="webui")
def sysinfo_download(state: WebUIState, _: Parsed) -> Response:
    """Describe the server as a file."""
    return _sysinfo(state, "attachment")


def _sysinfo(state: WebUIState, disposition: str) -> Response:
    name = time.strftime("sysinfo-%Y-%m-%d-%H-%M.json", time.gmtime())
    headers = {"Content-Disposition": f'{disposition}; filename="{name}"'}
    text = json.dumps(_facts(state), indent=4)
    return Response(text, 200, headers, content_type="text/plain; charset=utf-8")


def _facts(state: WebUIState) -> dict[str, Any]:
    options, root = state.options, state.policy.root
    return {
        "Platform": "fake-webui",
        "Python": "3.10.6",
        "Version": state.policy.version,
        "Commit": "<none>",
        "Script path": root,
        "Data path": root,
        "Extensions dir": f"{root}/extensions",
        "Checksum": "0" * 64,
        "Commandline": ["launch.py", "--api"],
        "Torch env info": "torch is not installed",
        "Exceptions": [],
        "CPU": {"model": "", "count logical": 1, "count physical": 1},
        "RAM": {"total": "32GB", "used": "7GB", "free": "25GB"},
        "Extensions": [{"name": extension.name} for extension in state.catalog.extensions],
        "Inactive extensions": [],
        "Environment": {"GRADIO_ANALYTICS_ENABLED": "False"},
        "Config": {key: options.get(key) for key in ("sd_model_checkpoint", "sd_checkpoint_hash")},
        "Startup": STARTUP,
        "Packages": [],
    }


@endpoints.get("/sdapi/v1/memory", name="get_memory", answer=answers.MEMORY)
def memory(*_: Any) -> Any:
    """Say how much memory there is; there is no GPU."""
    total = float(RAM_BYTES)  # worked out from the share that is used
    ram = {"free": total - USED_BYTES, "used": USED_BYTES, "total": total}
    return {"ram": ram, "cuda": {"error": "unavailable"}}


@endpoints.get("/sdapi/v1/cmd-flags", name="get_cmd_flags", answer=answers.FLAGS)
def cmd_flags(state: WebUIState, _: Parsed) -> Any:
    """List the command line's flags as the real server would have been started."""
    return state.catalog.flags | _own_flags(state.config, state.policy.root)


def _own_flags(config: ServerConfig, root: str) -> dict[str, Any]:
    return {
        "gfpgan_dir": f"{root}/GFPGAN",
        "styles_file": [f"{root}/styles.csv"],
        "port": request.environ["SERVER_PORT"],
        "server_name": config.address,
        "listen": config.listen,
        "api_auth": _accounts(config.api_auth),
        "gradio_auth": _accounts(config.gradio_auth),
        "subpath": config.subpath or None,
        "tls_keyfile": str(config.tls_keyfile) if config.tls_keyfile else None,
        "tls_certfile": str(config.tls_certfile) if config.tls_certfile else None,
        "cors_allow_origins": ",".join(config.cors_allow_origins) or None,
        "cors_allow_origins_regex": config.cors_allow_origins_regex or None,
        "api": True,
        "nowebui": config.nowebui,
        "api_server_stop": config.api_server_stop,
    }


def _accounts(accounts: Mapping[str, str]) -> str | None:
    return ",".join(":".join(account) for account in accounts.items()) or None
