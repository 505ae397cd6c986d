"""Models: looked for again, unloaded, created, and not trained."""

from typing import Any

from fake_webui.contract import Family, Parsed, answers
from fake_webui.contract.coercion import list_of
from fake_webui.contract.endpoint import Work
from fake_webui.contract.tables import ANY_ARGUMENTS
from fake_webui.webui.state import WebUIState
from fake_webui.webui.training import create_embedding, create_hypernetwork, train

endpoints = Family()

DEFAULT_SHAPE = 768  # numbers in a vector of a Stable Diffusion 1 text encoder


@endpoints.get("/sdapi/v1/embeddings", name="get_embeddings", answer=answers.EMBEDDINGS)
def embeddings(state: WebUIState, _: Parsed) -> Any:
    """List the embeddings."""
    found = [*state.catalog.embeddings, *state.created.embeddings.values()]
    return {"loaded": {one.name: answers.EMBEDDING.row(one) for one in found}, "skipped": {}}


@endpoints.get(
    "/sdapi/v1/hypernetworks", name="get_hypernetworks", answer=list_of(answers.HYPERNETWORK)
)
def hypernetworks(state: WebUIState, _: Parsed) -> Any:
    """List the hypernetworks."""
    names = [*state.catalog.hypernetworks, *state.created.hypernetworks]
    folder = f"{state.policy.root}/models/hypernetworks"
    return [{"name": name, "path": f"{folder}/{name}.pt"} for name in names]


@endpoints.post("/sdapi/v1/refresh-vae", name="refresh_vae")
@endpoints.post("/sdapi/v1/refresh-checkpoints", name="refresh_checkpoints")
@endpoints.post("/sdapi/v1/refresh-embeddings", name="refresh_embeddings")
def refresh(state: WebUIState, _: Parsed) -> None:
    """Look for files again, when the running generation is over."""
    with state.lock:
        pass


@endpoints.post("/sdapi/v1/refresh-loras", public=True)
def refresh_loras(*_: Any) -> None:
    """Look for LoRAs again."""


@endpoints.post("/sdapi/v1/unload-checkpoint", name="unloadapi")
def unload(state: WebUIState, _: Parsed) -> Any:
    """Free the memory of the checkpoint."""
    state.models.unload()
    return {}


@endpoints.post("/sdapi/v1/reload-checkpoint", name="reloadapi", work=Work.LOADING)
def reload(state: WebUIState, _: Parsed) -> Any:
    """Load the checkpoint again, when the running generation is over, or with the next."""
    if state.policy.loads_on_post:
        with state.lock:
            state.models.load()
    return {}


@endpoints.post(
    "/sdapi/v1/create/embedding",
    name="create_embedding",
    body=ANY_ARGUMENTS,
    answer=answers.CREATED,
)
def new_embedding(state: WebUIState, asked: Parsed) -> Any:
    """Create an empty embedding."""
    installed = state.catalog.embeddings
    shape = installed[0].shape if installed else DEFAULT_SHAPE
    taken = frozenset(embedding.name for embedding in installed)
    return {"info": create_embedding(state.created, taken, asked.values, shape)}


@endpoints.post(
    "/sdapi/v1/create/hypernetwork",
    name="create_hypernetwork",
    body=ANY_ARGUMENTS,
    answer=answers.CREATED,
)
def new_hypernetwork(state: WebUIState, asked: Parsed) -> Any:
    """Create an empty hypernetwork."""
    taken = frozenset(state.catalog.hypernetworks)
    return {"info": create_hypernetwork(state.created, taken, asked.values)}


@endpoints.post("/sdapi/v1/train/embedding", body=ANY_ARGUMENTS, answer=answers.TRAINED)
def train_embedding(_: WebUIState, asked: Parsed) -> Any:
    """Say why this embedding can't be trained."""
    return {"info": train("embedding", asked.values)}


@endpoints.post("/sdapi/v1/train/hypernetwork", body=ANY_ARGUMENTS, answer=answers.TRAINED)
def train_hypernetwork(_: WebUIState, asked: Parsed) -> Any:
    """Say why this hypernetwork can't be trained."""
    return {"info": train("hypernetwork", asked.values)}
