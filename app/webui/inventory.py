"""What a WebUI has: its models, upscalers and scripts, and how it understands their names."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from app.config.requirements import Requirement
from app.errors import MismatchError

CHECKPOINT_KEYS = ("title", "model_name", "filename", "hash", "sha256")
NO_VAE = frozenset({"None", "Automatic"})
SHOWN = 8
_LORA = re.compile(r"<lora:([^:>]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The lists that a WebUI gives, as it gives them."""

    checkpoints: Sequence[Mapping[str, Any]] = ()
    vaes: Sequence[str] = ()
    upscalers: Sequence[str] = ()
    latent_upscalers: Sequence[str] = ()
    scripts: Sequence[str] = ()
    styles: Sequence[str] = ()
    loras: Sequence[str] = ()

    def lacks(self, needs: Iterable[Requirement]) -> str | None:
        """Return why jobs with these needs can't run here, or None when they can."""
        return next((reason for need in needs if (reason := self._lack(need))), None)

    def checkpoint_name(self, wanted: str) -> str | None:
        """Return the name that `info` gives the checkpoint that `wanted` stands for, if any.

        The WebUI takes a title, a name, a file name or a hash, else any part of a title.
        """
        exact = [found for found in self.checkpoints if wanted in _aliases(found)]
        parts = [found for found in self.checkpoints if wanted.lower() in found["title"].lower()]
        best = exact or sorted(parts, key=lambda found: len(found["title"]))
        return _file_stem(best[0]["filename"]) if best else None

    def unknown_loras(self, prompt: str) -> list[str]:
        """Return the LoRAs that a prompt names and this WebUI ignores, for it has none of them."""
        return [name for name in _LORA.findall(prompt) if name not in self.loras]

    def _lack(self, need: Requirement) -> str | None:
        if self._has(need):
            return None
        there = list(self._names(need.kind))
        listed = ", ".join(there[:SHOWN]) + (", …" if len(there) > SHOWN else "")
        return f"it has no {need}; it has {listed or 'none'}"

    def _has(self, need: Requirement) -> bool:
        if need.kind == "checkpoint":
            return self.checkpoint_name(need.name) is not None
        return need.name in self._names(need.kind)

    def _names(self, kind: str) -> Iterable[str]:
        names: Mapping[str, Callable[[], Iterable[str]]] = {
            "checkpoint": lambda: (found["title"] for found in self.checkpoints),
            "vae": lambda: (*NO_VAE, *self.vaes),
            "upscaler": lambda: self.upscalers,
            "hires upscaler": lambda: (*self.latent_upscalers, *self.upscalers),
            "script": lambda: self.scripts,
            "style": lambda: self.styles,
        }
        return names[kind]()


def _aliases(checkpoint: Mapping[str, Any]) -> set[str]:
    names = {checkpoint[key] for key in CHECKPOINT_KEYS if checkpoint.get(key)}
    bare_title = checkpoint["title"].partition(" [")[0]
    stem = _file_stem(checkpoint["filename"])
    return names | {bare_title, stem, bare_title.rpartition(".")[0], PurePosixPath(bare_title).name}


def _file_stem(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).stem


def check_model(
    wanted: str, answered: str | None, inventory: Inventory, role: str = "checkpoint"
) -> None:
    """See that the checkpoint that was asked for is the one that was used, in its role.

    Raises:
        MismatchError: if it is another one.
    """
    expected = inventory.checkpoint_name(wanted)
    if expected is None or answered != expected:
        raise MismatchError(f"asked for {role} {wanted!r}, the WebUI used {answered!r}")


def check_vae(wanted: str, answered: str | None) -> None:
    """See that the VAE that was asked for is the one that was used.

    Raises:
        MismatchError: if it is another one.
    """
    if wanted == "Automatic":
        return
    if answered != (None if wanted == "None" else wanted):
        raise MismatchError(f"asked for VAE {wanted!r}, the WebUI used {answered!r}")
