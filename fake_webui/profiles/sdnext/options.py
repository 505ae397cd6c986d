"""SD.Next's options: only what differs is listed, and nothing is ever refused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from fake_webui.config.settings import ALL
from fake_webui.contract import Family, Parsed
from fake_webui.contract.coercion import MAPPING
from fake_webui.contract.endpoint import Work
from fake_webui.data import read_data
from fake_webui.profiles.sdnext.checkpoints import (
    choose,
    choose_vae,
    find_checkpoint,
    load,
)
from fake_webui.profiles.sdnext.limit import RATE_LIMIT, limit_of
from fake_webui.profiles.sdnext.memory import memory_of
from fake_webui.profiles.sdnext.settings_page import default_of
from fake_webui.profiles.sdnext.tables import FOLDER, placed
from fake_webui.webui.state import WebUIState

endpoints = Family()

CHECKPOINT, HASH, VAE = "sd_model_checkpoint", "sd_checkpoint_hash", "sd_vae"
# An SD.Next writes down what differs from its defaults, and lists until it ends whatever was set in
# it, also back to the default. So the list is that of one that was started again and not been told
# anything yet, as after a reset: a client that counts on more keys than these fails on a real one
# too. What somebody had set before belongs to a history, which a configuration can tell.
SAVED: Final = "saved_options"


@endpoints.get("/sdapi/v1/options", work=Work.OPTIONS)
def options(state: WebUIState, _: Parsed) -> Any:
    """List what the file of settings holds, and what was set since; without a file, everything."""
    told, root, get = state.config.saved_options, state.policy.root, state.options.get
    if told == ALL:
        every = {key: get(key) for key in state.options.keys()}  # noqa: SIM118 - a list of names
        return placed({**every, **_still_default(state), RATE_LIMIT: limit_of(state)}, root)
    more = told if isinstance(told, tuple) else ()
    saved = {key: get(key) for key in (*read_data(SAVED, FOLDER), *more)}
    since = {key: get(key) for key in state.options.keys_set()}
    return placed({**saved, **since}, root)


def _still_default(state: WebUIState) -> dict[str, Any]:
    """Return what a first start says of its checkpoint before a job loaded one, or failed to."""
    memory = memory_of(state)
    if memory.begun_jobs or memory.has_no_model:
        return {}
    return {CHECKPOINT: default_of(state, "sd", CHECKPOINT), HASH: state.options.default(HASH)}


@endpoints.post("/sdapi/v1/options", body=MAPPING, work=Work.OPTIONS)
def set_options(state: WebUIState, asked: Parsed) -> Any:
    """Store options, and say of each whether that changed anything."""
    return {"updated": [{key: _set(state, key, value)} for key, value in asked.values.items()]}


def _set(state: WebUIState, key: str, value: Any) -> bool:
    if key not in state.options.keys():  # noqa: SIM118 - a list of names
        return False
    if key == CHECKPOINT:
        return choose(state, value)
    if key == RATE_LIMIT:
        memory_of(state).rate_limit = value
    if _counted(state, key) == value:
        return False
    state.options.assign(key, value)
    if key == VAE:
        with state.lock:
            choose_vae(state, value)
    return True


def _counted(state: WebUIState, key: str) -> Any:
    """Return what a new value is compared with: for null the default, which can't be set then."""
    value = state.options.get(key)
    return state.options.default(key) if value is None else value


@contextmanager
def overridden(state: WebUIState, values: Mapping[str, Any], *, restore: bool) -> Iterator[None]:
    """Set options for the time of a generation, by whoever holds the generation lock.

    What is unknown, and a checkpoint that is not there, is passed over. A VAE stays loaded.
    """
    known = {key: value for key, value in values.items() if key in state.options.keys()}  # noqa: SIM118
    checkpoint = find_checkpoint(state, known.pop(CHECKPOINT, None))
    loaded = state.models.checkpoint
    before = {key: state.options.get(key) for key in known}
    for key, value in known.items():
        state.options.assign(key, value)
    if VAE in known:
        choose_vae(state, known[VAE])
    if checkpoint:
        load(state, checkpoint)
    try:
        yield
    finally:
        if restore:
            for key, value in before.items():
                state.options.assign(key, value)
            if checkpoint and loaded:
                load(state, loaded)
