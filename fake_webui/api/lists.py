"""Lists of what is installed."""

import hashlib
from typing import Any

from fake_webui.config.settings import LoraConfig
from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import list_of
from fake_webui.webui.catalog import (
    lora_alias,
)
from fake_webui.webui.extension import Extension
from fake_webui.webui.state import WebUIState

endpoints = Family()


@endpoints.get("/sdapi/v1/samplers", name="get_samplers", answer=list_of(answers.SAMPLER))
def samplers(state: WebUIState, _: Parsed) -> Any:
    """List the sampling methods."""
    return state.policy.table("samplers")


@endpoints.get("/sdapi/v1/schedulers", name="get_schedulers", answer=list_of(answers.SCHEDULER))
def schedulers(state: WebUIState, _: Parsed) -> Any:
    """List the noise schedules."""
    return state.policy.table("schedulers")


@endpoints.get("/sdapi/v1/upscalers", name="get_upscalers", answer=list_of(answers.UPSCALER))
def upscalers(state: WebUIState, _: Parsed) -> Any:
    """List the upscalers of images."""
    return [answers.UPSCALER.row(upscaler) for upscaler in state.catalog.upscalers]


@endpoints.get(
    "/sdapi/v1/latent-upscale-modes",
    name="get_latent_upscale_modes",
    answer=list_of(answers.LATENT_UPSCALER),
)
def latent_upscale_modes(state: WebUIState, _: Parsed) -> Any:
    """List the ways to upscale in latent space."""
    return [{"name": name} for name in state.policy.latent_modes]


@endpoints.get(
    "/sdapi/v1/face-restorers", name="get_face_restorers", answer=list_of(answers.FACE_RESTORER)
)
def face_restorers(state: WebUIState, _: Parsed) -> Any:
    """List the face restorers."""
    return [{"name": name, "cmd_dir": None} for name in state.policy.face_restorers]


@endpoints.get(
    "/sdapi/v1/realesrgan-models", name="get_realesrgan_models", answer=list_of(answers.REALESRGAN)
)
def realesrgan_models(state: WebUIState, _: Parsed) -> Any:
    """List the R-ESRGAN models, installed or not."""
    return state.policy.table("realesrgan_models")


@endpoints.get("/sdapi/v1/sd-models", name="get_sd_models", answer=list_of(answers.CHECKPOINT))
def checkpoints(state: WebUIState, _: Parsed) -> Any:
    """List the checkpoints."""
    return [answers.CHECKPOINT.row(checkpoint) for checkpoint in state.catalog.checkpoints]


@endpoints.get("/sdapi/v1/sd-vae", name="get_sd_vaes", answer=list_of(answers.VAE))
def vaes(state: WebUIState, _: Parsed) -> Any:
    """List the VAEs."""
    return [answers.VAE.row(vae) for vae in state.catalog.vaes]


@endpoints.get("/sdapi/v1/prompt-styles", name="get_prompt_styles", answer=list_of(answers.STYLE))
def styles(state: WebUIState, _: Parsed) -> Any:
    """List the prompt styles."""
    return [answers.STYLE.row(style) for style in state.catalog.styles]


@endpoints.get("/sdapi/v1/loras", name="get_loras", public=True)
def loras(state: WebUIState, _: Parsed) -> Any:
    """List the LoRAs."""
    return [_lora(lora, state.policy.root) for lora in state.catalog.loras]


def _lora(lora: LoraConfig, root: str) -> dict[str, object]:
    return {
        "name": lora.name,
        "alias": lora_alias(lora),
        "path": f"{root}/models/Lora/{lora.name}.safetensors",
        "metadata": dict(lora.metadata),
    }


@endpoints.get("/sdapi/v1/scripts", name="get_scripts_list", answer=answers.SCRIPTS)
def scripts(state: WebUIState, _: Parsed) -> Any:
    """List the scripts of both tabs by name."""
    return state.catalog.script_names


@endpoints.get("/sdapi/v1/script-info", name="get_script_info", answer=list_of(answers.SCRIPT_INFO))
def script_info(state: WebUIState, _: Parsed) -> Any:
    """List the scripts of both tabs with their arguments."""
    return state.catalog.script_info


@endpoints.get(
    "/sdapi/v1/extensions", name="get_extensions_list", answer=list_of(answers.EXTENSION)
)
def extensions(state: WebUIState, _: Parsed) -> Any:
    """List the installed extensions."""
    return [_extension(one) for one in state.catalog.extensions if not one.built_in]


def _extension(extension: Extension) -> dict[str, object]:
    name = extension.name
    commit = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
    return {
        "name": name,
        "remote": f"https://github.com/example/{name}.git",
        "branch": "main",
        "commit_hash": commit,
        "version": commit[:8],
        "commit_date": "1741606606",
        "enabled": True,
        **extension.listing,
    }
