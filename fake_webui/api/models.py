"""Models: looked for again, unloaded, created, and not trained."""

from typing import Any

from flask import Blueprint, Response

from fake_webui.api.admission import parse_object
from fake_webui.api.answering import json_answer
from fake_webui.api.services import current_catalog, current_state
from fake_webui.config.settings import EmbeddingConfig
from fake_webui.webui.catalog import ROOT
from fake_webui.webui.training import create_embedding, create_hypernetwork, train

bp = Blueprint("models", __name__)

DEFAULT_SHAPE = 768  # numbers in a vector of a Stable Diffusion 1 text encoder


@bp.get("/sdapi/v1/embeddings")
def embeddings() -> Response:
    """List the embeddings."""
    return json_answer(
        {"loaded": {e.name: _embedding(e) for e in _all_embeddings()}, "skipped": {}}
    )


def _all_embeddings() -> list[EmbeddingConfig]:
    created = current_state().created.embeddings
    return [*current_catalog().embeddings, *created.values()]


def _embedding(embedding: EmbeddingConfig) -> dict[str, Any]:
    return {
        "step": None,
        "sd_checkpoint": None,
        "sd_checkpoint_name": None,
        "shape": embedding.shape,
        "vectors": embedding.vectors,
    }


@bp.get("/sdapi/v1/hypernetworks")
def hypernetworks() -> Response:
    """List the hypernetworks."""
    names = [*current_catalog().hypernetworks, *current_state().created.hypernetworks]
    folder = f"{ROOT}/models/hypernetworks"
    return json_answer([{"name": name, "path": f"{folder}/{name}.pt"} for name in names])


@bp.post("/sdapi/v1/refresh-embeddings")
@bp.post("/sdapi/v1/refresh-checkpoints")
@bp.post("/sdapi/v1/refresh-vae")
def refresh() -> Response:
    """Look for files again, when the running generation is over."""
    with current_state().lock:
        return json_answer(None)


@bp.post("/sdapi/v1/refresh-loras")
def refresh_loras() -> Response:
    """Look for LoRAs again."""
    return json_answer(None)


@bp.post("/sdapi/v1/unload-checkpoint")
def unload() -> Response:
    """Free the memory of the checkpoint."""
    current_state().models.unload()
    return json_answer({})


@bp.post("/sdapi/v1/reload-checkpoint")
def reload() -> Response:
    """Load the checkpoint again."""
    with current_state().lock:
        current_state().models.load()
    return json_answer({})


@bp.post("/sdapi/v1/create/embedding")
def new_embedding() -> Response:
    """Create an empty embedding."""
    installed = current_catalog().embeddings
    shape = installed[0].shape if installed else DEFAULT_SHAPE
    taken = frozenset(embedding.name for embedding in installed)
    return json_answer(
        {"info": create_embedding(current_state().created, taken, parse_object(), shape)}
    )


@bp.post("/sdapi/v1/create/hypernetwork")
def new_hypernetwork() -> Response:
    """Create an empty hypernetwork."""
    taken = frozenset(current_catalog().hypernetworks)
    return json_answer(
        {"info": create_hypernetwork(current_state().created, taken, parse_object())}
    )


@bp.post("/sdapi/v1/train/<any(embedding, hypernetwork):kind>")
def no_training(kind: str) -> Response:
    """Say why this can't be trained."""
    return json_answer({"info": train(kind, parse_object())})
