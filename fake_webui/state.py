"""The state of a running WebUI: options and the loaded checkpoint."""

import random
import threading

from fake_webui.catalog import Catalog, Checkpoint
from fake_webui.config import ServerConfig
from fake_webui.options import Options, default_options
from fake_webui.training import Created


class Models:
    """Which checkpoint is loaded."""

    def __init__(self, catalog: Catalog, options: Options) -> None:
        self._catalog = catalog
        self._options = options
        self.checkpoint: Checkpoint | None = self.chosen

    @property
    def chosen(self) -> Checkpoint:
        """The checkpoint that the options name, the first there is if they name none."""
        title = str(self._options.get("sd_model_checkpoint"))
        return self._catalog.closest_checkpoint(title) or self._catalog.checkpoints[0]

    def load(self) -> None:
        """Load the checkpoint that the options name."""
        wanted = self.chosen
        if wanted != self.checkpoint:
            self.checkpoint = wanted
            self._options.assign("sd_model_checkpoint", wanted.title)
            self._options.assign("sd_checkpoint_hash", wanted.sha256)

    def unload(self) -> None:
        """Have no checkpoint loaded."""
        self.checkpoint = None

    def reload_vae(self) -> None:
        """Load the VAE that the options name."""


class WebUIState:
    """Everything about a server that a request can change."""

    def __init__(self, config: ServerConfig, catalog: Catalog) -> None:
        self.config = config
        self.catalog = catalog
        self.lock = threading.Lock()
        first = catalog.checkpoints[0]
        at_start = {"sd_model_checkpoint": first.title, "sd_checkpoint_hash": first.sha256}
        self.options = Options(default_options(catalog.extensions), {**at_start, **config.options})
        self.reset()

    def reset(self) -> None:
        """Put everything back as at start."""
        self.rng = random.Random(self.config.seed)  # noqa: S311 - a seed, not a secret
        self.created = Created()
        self.options.reset()
        self.models = Models(self.catalog, self.options)

    def close(self) -> None:
        """End whatever still runs."""
