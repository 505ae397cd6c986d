"""Lists of what is installed."""

import hashlib
from dataclasses import asdict

from flask import Blueprint, Response

from fake_webui.api.answering import json_answer
from fake_webui.api.services import current_catalog
from fake_webui.config.settings import LoraConfig
from fake_webui.webui.catalog import (
    FACE_RESTORERS,
    LATENT_UPSCALE_MODES,
    ROOT,
    UPSCALERS,
    Checkpoint,
    Upscaler,
    lora_alias,
    read_data,
)

bp = Blueprint("catalog", __name__)


@bp.get("/sdapi/v1/samplers")
def samplers() -> Response:
    """List the sampling methods."""
    return json_answer(read_data("samplers"))


@bp.get("/sdapi/v1/schedulers")
def schedulers() -> Response:
    """List the noise schedules."""
    return json_answer(read_data("schedulers"))


@bp.get("/sdapi/v1/upscalers")
def upscalers() -> Response:
    """List the upscalers of images."""
    return json_answer([_upscaler(upscaler) for upscaler in UPSCALERS])


def _upscaler(upscaler: Upscaler) -> dict[str, object]:
    return {
        "name": upscaler.name,
        "model_name": upscaler.model_name,
        "model_path": upscaler.model_path,
        "model_url": None,
        "scale": upscaler.scale,
    }


@bp.get("/sdapi/v1/latent-upscale-modes")
def latent_upscale_modes() -> Response:
    """List the ways to upscale in latent space."""
    return json_answer([{"name": name} for name in LATENT_UPSCALE_MODES])


@bp.get("/sdapi/v1/face-restorers")
def face_restorers() -> Response:
    """List the face restorers."""
    return json_answer([{"name": name, "cmd_dir": None} for name in FACE_RESTORERS])


@bp.get("/sdapi/v1/realesrgan-models")
def realesrgan_models() -> Response:
    """List the R-ESRGAN models, installed or not."""
    return json_answer(read_data("realesrgan_models"))


@bp.get("/sdapi/v1/sd-models")
def checkpoints() -> Response:
    """List the checkpoints."""
    return json_answer([_checkpoint(c) for c in current_catalog().checkpoints])


def _checkpoint(checkpoint: Checkpoint) -> dict[str, str | None]:
    return {
        "title": checkpoint.title,
        "model_name": checkpoint.model_name,
        "hash": checkpoint.shorthash,
        "sha256": checkpoint.sha256,
        "filename": checkpoint.filename,
        "config": None,
    }


@bp.get("/sdapi/v1/sd-vae")
def vaes() -> Response:
    """List the VAEs."""
    found = current_catalog().vaes
    return json_answer([{"model_name": v.name, "filename": v.filename} for v in found])


@bp.get("/sdapi/v1/prompt-styles")
def styles() -> Response:
    """List the prompt styles."""
    return json_answer([asdict(style) for style in current_catalog().styles])


@bp.get("/sdapi/v1/loras")
def loras() -> Response:
    """List the LoRAs."""
    return json_answer([_lora(lora) for lora in current_catalog().loras])


def _lora(lora: LoraConfig) -> dict[str, object]:
    return {
        "name": lora.name,
        "alias": lora_alias(lora),
        "path": f"{ROOT}/models/Lora/{lora.name}.safetensors",
        "metadata": dict(lora.metadata),
    }


@bp.get("/sdapi/v1/scripts")
def scripts() -> Response:
    """List the scripts of both tabs by name."""
    return json_answer(current_catalog().script_names)


@bp.get("/sdapi/v1/script-info")
def script_info() -> Response:
    """List the scripts of both tabs with their arguments."""
    return json_answer(current_catalog().script_info)


@bp.get("/sdapi/v1/extensions")
def extensions() -> Response:
    """List the installed extensions."""
    return json_answer([_extension(name) for name in current_catalog().extensions])


def _extension(name: str) -> dict[str, object]:
    commit = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    return {
        "name": name,
        "remote": f"https://github.com/example/{name}.git",
        "branch": "main",
        "commit_hash": commit,
        "version": commit[:8],
        "commit_date": "1741606606",
        "enabled": True,
    }
