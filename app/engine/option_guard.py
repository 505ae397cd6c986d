"""Options that a job overrides, put back where the WebUI does not do it.

A WebUI restores what its own settings file holds. What was never saved there stays as the override
left it, and later jobs would run with it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from app.config.pipeline_config import PipelineConfig
from app.errors import WebUIError
from app.webui.node import WebUINode

VAE, CLIP_SKIP = "sd_vae", "CLIP_stop_at_last_layers"


@contextmanager
def guarded_options(
    node: WebUINode, config: PipelineConfig, on_put_back: Callable[[Mapping[str, Any]], None]
) -> Iterator[None]:
    """Put VAE and clip skip back after the block, where its requests left them changed.

    `on_put_back` gets those that had to be, with their values from before.
    """
    keys = _overridden(config) - node.restored_options
    before = _values(node, keys)
    try:
        yield
    finally:
        if put_back := _put_back(node, before):
            on_put_back(put_back)


def _overridden(config: PipelineConfig) -> set[str]:
    has_vae = config.txt2img.vae or (config.img2img.enabled and config.img2img.vae)
    has_clip_skip = config.txt2img.clip_skip is not None
    return {key for key, given in ((VAE, has_vae), (CLIP_SKIP, has_clip_skip)) if given}


def _values(node: WebUINode, keys: set[str]) -> dict[str, Any]:
    """Return options as they are; none where the WebUI does not tell."""
    with suppress(WebUIError):
        options = node.client.options() if keys else {}
        return {key: options[key] for key in keys if key in options}
    return {}


def _put_back(node: WebUINode, before: Mapping[str, Any]) -> dict[str, Any]:
    now = _values(node, set(before))
    changed = {key: before[key] for key in now if now[key] != before[key]}
    node.restored_options |= now.keys() - changed.keys()
    with suppress(WebUIError):
        if changed:
            node.client.set_options(changed)
            return changed
    return {}
