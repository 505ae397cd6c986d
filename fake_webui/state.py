"""The state of a running WebUI: options and the loaded checkpoint."""

import random
import threading
from collections.abc import Mapping
from typing import Any

from fake_webui.catalog import Catalog, Checkpoint
from fake_webui.config import ServerConfig
from fake_webui.errors import HandlerError
from fake_webui.options import Options, default_options


class WebUIState:
    """Everything about a server that a request can change."""

    def __init__(self, config: ServerConfig, catalog: Catalog) -> None:
        self.config = config
        self.catalog = catalog
        self.lock = threading.Lock()
        self.options = Options(default_options(catalog.extensions), config.options)
        self.reset()

    def reset(self) -> None:
        """Put everything back as at start."""
        self.rng = random.Random(self.config.seed)  # noqa: S311 - a seed, not a secret
        self.options.reset()
        self._loaded(self.catalog.checkpoints[0])

    def close(self) -> None:
        """End whatever still runs."""

    def apply_options(self, values: Mapping[str, Any]) -> None:
        """Store options and load what they name.

        Raises:
            HandlerError: if a checkpoint or an option is unknown.
        """
        name = values.get("sd_model_checkpoint")
        if name is not None and self.catalog.find_checkpoint(name) is None:
            raise HandlerError("RuntimeError", f"model {name!r} not found")
        self.options.post(values, self._option_changed)

    def _option_changed(self, key: str) -> None:
        if key == "sd_model_checkpoint":
            self._load(self.catalog.find_checkpoint(self.options.get(key)))

    def _load(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint and checkpoint != self.checkpoint:
            self._loaded(checkpoint)

    def _loaded(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.options.assign("sd_model_checkpoint", checkpoint.title)
        self.options.assign("sd_checkpoint_hash", checkpoint.sha256)
