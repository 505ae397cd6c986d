"""What a WebUI has: its models, upscalers and scripts, and how it understands their names."""

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from app.config.requirements import Requirement
from app.errors import MismatchError

CHECKPOINT_KEYS = ("title", "model_name", "filename", "hash", "sha256")
NO_VAE = frozenset({"None", "Automatic"})
AS_BEFORE = ("Use same sampler", "Use same scheduler", "Automatic", "automatic")
"""Names that mean no sampler or scheduler of their own."""
CHECKPOINT_ENDINGS = frozenset({"safetensors", "ckpt", "gguf"})
SHOWN = 8

Names = Sequence[str] | None
"""What a WebUI has of a kind; None where it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The lists that a WebUI gives, as it gives them.

    Args:
        names: its own names of samplers and upscalers, by A1111's.
        takes_titles: whether it is sent the titles of checkpoints, so that users may spell them as
            another kind of WebUI does.
        ignored_fields: fields of a payload that it does not know.
    """

    checkpoints: Sequence[Mapping[str, Any]] = ()
    vaes: Names = None
    modules: Names = None
    samplers: Names = None
    schedulers: Names = None
    upscalers: Names = None
    latent_upscalers: Names = None
    scripts: Sequence[str] = ()
    detailers: Names = None
    styles: Names = None
    loras: Names = None
    embeddings: Names = None
    hypernetworks: Names = None
    names: Mapping[str, str] = field(default_factory=dict)
    takes_titles: bool = False
    ignored_fields: Collection[str] = ()

    def own_name(self, name: Any) -> Any:
        """Return what this WebUI calls a sampler or an upscaler."""
        return self.names.get(name, name) if isinstance(name, str) else name

    def full_name(self, module: str) -> str:
        """Return the name under which it lists a module, which may be given without its ending."""
        found = (
            name for name in self.modules or self.vaes or () if module in {name, file_stem(name)}
        )
        return next(found, module)

    def title_of(self, wanted: str) -> str | None:
        """Return the title of the checkpoint that `wanted` stands for, if any."""
        found = self._checkpoint(wanted)
        return found["title"] if found else None

    def lacks(self, needs: Iterable[Requirement]) -> str | None:
        """Return why jobs with these needs can't run here, or None when they can."""
        return next((reason for need in needs if (reason := self._lack(need))), None)

    def ignores(self, references: Iterable[Requirement]) -> list[Requirement]:
        """Return which of the references this WebUI has nothing for, and so ignores."""
        return [need for need in references if not self._has(need)]

    def checkpoint_name(self, wanted: str) -> str | None:
        """Return the name that `info` gives the checkpoint that `wanted` stands for, if any.

        Overrides take a title, a name, a file name or a hash, and nothing that is only like one.
        """
        found = self._checkpoint(wanted)
        return _stem_of(found) if found else None

    def _checkpoint(self, wanted: str) -> Mapping[str, Any] | None:
        names = _spellings(wanted) if self.takes_titles else {wanted}
        return next((found for found in self.checkpoints if names & _aliases(found)), None)

    def _lack(self, need: Requirement) -> str | None:
        if self._has(need):
            return None
        if need.kind == "field":
            return f"it does not know {need.name} and would ignore it"
        return f"it has no {need}; {_hint(need.name, self._names(need.kind) or ())}"

    def _has(self, need: Requirement) -> bool:
        """Return whether it has something; what it does not tell it may have."""
        if need.kind == "field":
            return need.name not in self.ignored_fields
        if need.kind == "checkpoint":
            return self.checkpoint_name(need.name) is not None
        there = self._names(need.kind)
        if need.kind == "script":  # which the WebUI finds in any case
            return need.name.casefold() in map(str.casefold, self.scripts)
        if there is not None and need.kind in {"vae", "module"}:
            return need.name in there or need.name in map(file_stem, there)
        return there is None or self.own_name(need.name) in there

    def _names(self, kind: str) -> Names:
        names: Mapping[str, Callable[[], Names]] = {
            "checkpoint": lambda: [found["title"] for found in self.checkpoints],
            "vae": lambda: _with(NO_VAE, self.vaes),
            "module": lambda: self.modules,
            "sampler": lambda: _with(AS_BEFORE, self.samplers),
            "scheduler": lambda: _with(AS_BEFORE, self.schedulers),
            "upscaler": lambda: self.upscalers,
            "hires upscaler": lambda: _with(self.latent_upscalers or (), self.upscalers),
            "script": lambda: self.scripts,
            "ADetailer model": lambda: self.detailers,
            "style": lambda: self.styles,
            "LoRA": lambda: self.loras,
            "embedding": lambda: self.embeddings,
            "hypernetwork": lambda: self.hypernetworks,
        }
        return names.get(kind, tuple)()


def ignored(need: Requirement) -> str:
    """Return the warning for a reference that a WebUI ignores."""
    return f"the WebUI has no {need} and ignored it"


def _with(more: Iterable[str], names: Names) -> Names:
    return None if names is None else [*more, *names]


def _hint(name: str, there: Sequence[str]) -> str:
    """Name the nearest of what is there, or the first of it."""
    by_key = {one.casefold(): one for one in there}
    key = name.casefold()
    near = [one for one in by_key if key in one] or difflib.get_close_matches(key, by_key, n=1)
    if near:
        return f"did you mean {by_key[near[0]]!r}?"
    names = list(dict.fromkeys(there))  # a LoRA's alias often is its name
    listed = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
    return f"it has {listed or 'none'}"


def _aliases(checkpoint: Mapping[str, Any]) -> set[str]:
    names = {checkpoint[key] for key in CHECKPOINT_KEYS if checkpoint.get(key)}
    bare_title = checkpoint["title"].partition(" [")[0]
    stem = _stem_of(checkpoint)
    return names | {bare_title, stem, bare_title.rpartition(".")[0], PurePosixPath(bare_title).name}


def _stem_of(checkpoint: Mapping[str, Any]) -> str:
    return file_stem(checkpoint.get("filename") or checkpoint["title"])


def _spellings(wanted: str) -> set[str]:
    """Return a name as it was given, without the hash behind it, and without its ending too."""
    bare = wanted.partition(" [")[0]
    without_ending, _, ending = bare.rpartition(".")
    return {wanted, bare} | ({without_ending} if ending in CHECKPOINT_ENDINGS else set())


def file_stem(path: str) -> str:
    """Return the name of a file, of either system, without folders and ending."""
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
    names = {None} if wanted == "None" else {wanted, file_stem(wanted)}
    if not names & {answered, answered and file_stem(answered)}:
        raise MismatchError(f"asked for VAE {wanted!r}, the WebUI used {answered!r}")


def check_modules(wanted: Sequence[str], used: Sequence[str]) -> None:
    """See that the modules that were asked for are among those that were used.

    Raises:
        MismatchError: if one is not.
    """
    missing = [name for name in wanted if file_stem(name) not in used]
    if missing:
        there = ", ".join(used) or "none"
        raise MismatchError(f"asked for module {missing[0]!r}, the WebUI used {there}")
