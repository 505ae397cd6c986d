"""What one kind of WebUI does in its own way, as data; the defaults are A1111's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fake_webui.data import read_data
from fake_webui.version import EMULATED_VERSION

Pairs = Mapping[str, Any]


def _no_pairs(*_: Any) -> Pairs:
    return {}


def _nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a WebUI names, lists, loads and writes.

    `version` is what infotexts and system information say. `root` is the folder that answers name,
    never opened. Tables of `data/<tables>/` stand before those that every WebUI has.

    `lists_extensions_options`: whether GET options has what extensions added. `loads_on_post`:
    whether an option that names a checkpoint loads it at once, or the next generation does.
    `names_with_hash`: whether the options call a checkpoint by its title. `has_vae`: whether the
    option sd_vae chooses a VAE.
    """

    version: str = EMULATED_VERSION
    root: str = "/srv/stable-diffusion-webui"
    tables: str = ""
    latent_modes: tuple[str, ...] = (
        "Latent",
        "Latent (antialiased)",
        "Latent (bicubic)",
        "Latent (bicubic antialiased)",
        "Latent (nearest)",
        "Latent (nearest-exact)",
    )
    face_restorers: tuple[str, ...] = ("CodeFormer", "GFPGAN")
    lists_extensions_options: bool = True
    loads_on_post: bool = True
    names_with_hash: bool = True
    has_vae: bool = True

    def table(self, name: str) -> Any:
        """Return a table of `data`, this WebUI's own if it has one."""
        return read_data(name, self.tables)


A1111 = Policy()
