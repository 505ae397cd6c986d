"""Which checkpoint and VAE are loaded, and the time it takes to load another."""

from collections.abc import Callable

from fake_webui.webui.catalog import Catalog, Checkpoint, Vae
from fake_webui.webui.options import Options


class Models:
    """What is loaded; changed only by whoever holds the generation lock.

    `wait` is called with the seconds that loading takes, None being as usual.
    """

    def __init__(
        self, catalog: Catalog, options: Options, wait: Callable[[float | None], None]
    ) -> None:
        self._catalog = catalog
        self._options = options
        self._wait = wait
        self.next_load_seconds: float | None = None
        chosen = self.chosen
        self.checkpoint: Checkpoint | None = chosen
        self.vae = self._resolve_vae()
        self._name_in_options(chosen)

    @property
    def chosen(self) -> Checkpoint:
        """The checkpoint that the options name, the first there is if they name none."""
        title = str(self._options.get("sd_model_checkpoint"))
        return self._catalog.closest_checkpoint(title) or self._catalog.checkpoints[0]

    def load(self, checkpoint: Checkpoint | None = None, *, keep_options: bool = False) -> None:
        """Load a checkpoint, the chosen one if None; nothing to wait for if it is loaded.

        The options name what is loaded from then on, unless `keep_options`.
        """
        wanted = checkpoint or self.chosen
        if wanted == self.checkpoint:
            return
        seconds, self.next_load_seconds = self.next_load_seconds, None
        self._wait(seconds)
        self.checkpoint = wanted
        self.reload_vae()
        self._options.assign("sd_checkpoint_hash", wanted.sha256)
        if not keep_options and self._catalog.policy.names_with_hash:
            self._name_in_options(wanted)

    def _name_in_options(self, checkpoint: Checkpoint) -> None:
        policy = self._catalog.policy
        name = checkpoint.title if policy.names_with_hash else checkpoint.name
        if policy.title_of:
            name = policy.title_of(checkpoint)
        self._options.assign("sd_model_checkpoint", name)
        self._options.assign("sd_checkpoint_hash", checkpoint.sha256)

    def unload(self) -> None:
        """Have no checkpoint loaded; the next generation loads one."""
        self.checkpoint = None

    def reload_vae(self) -> None:
        """Load the VAE that the options name; an unknown one counts as none."""
        self.vae = self._resolve_vae()

    def _resolve_vae(self) -> Vae | None:
        if not self._catalog.policy.has_vae:
            return None
        name = self._options.get("sd_vae")
        if name not in ("Automatic", "auto"):
            return self._catalog.find_vae(str(name))
        stem = (self.checkpoint or self.chosen).stem
        beside = (vae for vae in self._catalog.vaes if vae.name.startswith(f"{stem}.vae."))
        return next(beside, None)
