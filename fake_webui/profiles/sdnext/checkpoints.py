"""Checkpoints and VAEs by the names that SD.Next gives them, and loading them."""

from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote_plus

from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import list_of
from fake_webui.errors import HandlerError
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.profiles.sdnext.tables import query
from fake_webui.webui.catalog import Checkpoint, Vae
from fake_webui.webui.state import WebUIState

endpoints = Family()

PIPELINE: Final = "StableDiffusionPipeline"
BYTES_OF_PARAMETER: Final = 4
FILE_TIME: Final = "2026-01-01T00:00:00"  # of every model's file; none of them is there
AUTOMATIC, NO_VAE = "Automatic", "None"
HUB_SEARCH = (
    "Cannot reach https://huggingface.co/api/models?filter=diffusers&search={name}"
    "&sort=downloads&limit=20&full=true: offline mode is enabled. To disable it, please unset "
    "the `HF_HUB_OFFLINE` environment variable."
)


def name_of(checkpoint: Checkpoint) -> str:
    """Return the path without suffix."""
    return str(PurePosixPath(checkpoint.name).with_suffix(""))


def title_of(checkpoint: Checkpoint) -> str:
    """Return the name with the hash."""
    return f"{name_of(checkpoint)} [{checkpoint.hash}]"


def find_checkpoint(state: WebUIState, text: Any) -> Checkpoint | None:
    """Return the checkpoint with exactly this title, name or hash."""
    if not text:
        return None
    for checkpoint in state.catalog.checkpoints:
        names = (title_of(checkpoint), name_of(checkpoint), checkpoint.hash, checkpoint.sha256)
        if text in names:
            return checkpoint
    return None


def is_on_a_hub(text: Any) -> bool:
    """Return whether a name that is not known here is looked up as owner/name on a hub."""
    return isinstance(text, str) and "/" in text


def choose(state: WebUIState, text: Any) -> bool:
    """Load what an option names, and return whether it took effect.

    An unknown name leaves the server without a model; one that looks like a hub's, where no hub
    can be reached, changes nothing.
    """
    checkpoint = find_checkpoint(state, text)
    if checkpoint is None and is_on_a_hub(text):
        return False
    if text == state.options.get("sd_model_checkpoint"):
        return False
    with state.lock:
        if checkpoint:
            load(state, checkpoint)
        else:
            state.options.assign("sd_model_checkpoint", text)
            memory_of(state).has_no_model = True
    return True


def load(state: WebUIState, checkpoint: Checkpoint) -> None:
    """Load a checkpoint; the options name it from then on."""
    memory = memory_of(state)
    with memory.job("load model"):
        memory.has_no_model = memory.is_broken = False
        state.models.load(checkpoint)


def load_under(state: WebUIState, checkpoint: Checkpoint) -> None:
    """Load another checkpoint without waiting for the generation that is running.

    That one breaks off, and nothing comes of any until a checkpoint is loaded in its own time.
    """
    if checkpoint == state.models.checkpoint:
        return
    load(state, checkpoint)
    memory_of(state).is_broken = True
    state.progress.interrupt()


def find_vae(state: WebUIState, text: Any) -> Vae | None:
    """Return the VAE with this file name or stem."""
    for vae in state.catalog.vaes:
        if text in (vae.name, PurePosixPath(vae.name).stem):
            return vae
    return None


def choose_vae(state: WebUIState, text: Any) -> None:
    """Load the VAE that an option names; any word but "None" keeps the loaded one otherwise."""
    if found := find_vae(state, text):
        memory_of(state).vae = found
    elif text == NO_VAE:
        memory_of(state).vae = None


@endpoints.get("/sdapi/v1/sd-models", answer=list_of(answers.CHECKPOINT))
def checkpoints(state: WebUIState, _: Parsed) -> Any:
    """List the checkpoints."""
    found = sorted(state.catalog.checkpoints, key=name_of)
    return [
        {
            "title": title_of(checkpoint),
            "model_name": name_of(checkpoint),
            "filename": checkpoint.filename,
            "type": PurePosixPath(checkpoint.name).suffix.removeprefix("."),
            "sha256": checkpoint.sha256,
            "hash": checkpoint.hash,
            "config": None,
        }
        for checkpoint in found
    ]


@endpoints.get("/sdapi/v1/sd-vae", answer=list_of(answers.VAE))
def vaes(state: WebUIState, _: Parsed) -> Any:
    """List the VAEs."""
    folder = f"{state.policy.root}/models/VAE"
    return [
        {"model_name": vae.name, "filename": f"{folder}/{vae.name}"} for vae in state.catalog.vaes
    ]


@endpoints.get("/sdapi/v1/unets")
def unets(*_: Any) -> Any:
    """List what replaces the UNET of a checkpoint: nothing."""
    return []


@endpoints.get("/sdapi/v1/checkpoint")
def checkpoint_facts(state: WebUIState, _: Parsed) -> Any:
    """Say which checkpoint is loaded."""
    loaded = state.models.checkpoint
    if loaded is None or memory_of(state).has_no_model:
        return {"type": None, "class": None}
    file = loaded.filename
    return {
        "type": "sd",
        "class": PIPELINE,
        "checkpoint": file,
        "title": title_of(loaded),
        "name": name_of(loaded),
        "filename": file,
        "hash": loaded.hash,
    }


@endpoints.get("/sdapi/v1/modules")
def modules(state: WebUIState, _: Parsed) -> Any:
    """List what the loaded checkpoint is made of: a Stable Diffusion 1.5, as everywhere here."""
    loaded = state.models.checkpoint
    if loaded is None or memory_of(state).has_no_model:
        return {}
    parts = [_part(row) for row in state.policy.table("modules")]
    return {
        "model": name_of(loaded),
        "type": "sd",
        "class": PIPELINE,
        "size": BYTES_OF_PARAMETER * sum(part["params"] for part in parts),
        "mtime": FILE_TIME.replace("T", " "),
        "modules": parts,
    }


def _part(row: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a part; what has no parameters is on no device."""
    device, dtype = ("cpu", "torch.float32") if "params" in row else ("None", "None")
    empty = {"params": 0, "modules": 0, "quant": None}
    return {**empty, **row, "device": device, "dtype": dtype}


@endpoints.post(
    "/sdapi/v1/checkpoint",
    query=query(
        ("sd_model_checkpoint", "string"), ("dtype", "string?", None), ("force", "boolean", False)
    ),
)
def set_checkpoint(state: WebUIState, asked: Parsed) -> Any:
    """Load a checkpoint; the only way to do so that does not wait for its turn.

    Raises:
        HandlerError: OfflineModeIsEnabled, for a name that only a hub could know.
    """
    text = asked.values["sd_model_checkpoint"]
    found = find_checkpoint(state, text)
    if found is None and is_on_a_hub(text):
        raise HandlerError("OfflineModeIsEnabled", HUB_SEARCH.format(name=quote_plus(text)))
    if found and state.progress.job_count:
        load_under(state, found)
    elif found:
        with state.lock:
            load(state, found)
    return {"ok": found is not None}


@endpoints.post("/sdapi/v1/refresh-checkpoints", status=204)
@endpoints.post("/sdapi/v1/refresh-vae", status=204)
@endpoints.post("/sdapi/v1/refresh-unets", status=204)
def refresh(*_: Any) -> None:
    """Look for files again: there are always the same."""


@endpoints.post("/sdapi/v1/unload-checkpoint", status=204)
def unload(state: WebUIState, _: Parsed) -> None:
    """Have no checkpoint loaded; the next generation loads one."""
    with state.lock:
        state.models.unload()


@endpoints.post("/sdapi/v1/reload-checkpoint", query=query(("force", "boolean", False)), status=204)
def reload(state: WebUIState, asked: Parsed) -> None:
    """Load the checkpoint that the options name, with `force` also where it is loaded."""
    with state.lock:
        if asked.values["force"]:
            state.models.unload()
        if state.models.checkpoint is None:
            load(state, state.models.chosen)


@endpoints.post("/sdapi/v1/lock-checkpoint", query=query(("lock", "boolean", False)), status=204)
def lock(*_: Any) -> None:
    """Keep the checkpoint from being changed: taken note of, without effect here."""
