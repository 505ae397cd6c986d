"""What a server has: models by every name the real WebUI knows them by, samplers and the like."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final, Protocol, TypeVar

from fake_webui.config.settings import (
    CheckpointConfig,
    EmbeddingConfig,
    LoraConfig,
    ServerConfig,
    StyleConfig,
    VaeConfig,
)
from fake_webui.webui.extension import Extension, ExtensionScript, scripts_of
from fake_webui.webui.policy import A1111, Policy

FIRST_OF_THE_CORE: Final = "refiner"  # scripts of extensions come before it
LAST_AXES: Final = "[Hypertile]"


class HasName(Protocol):
    """Anything that is looked up by its name."""

    @property
    def name(self) -> str:
        """What it is called."""


Named = TypeVar("Named", bound=HasName)


@dataclass(frozen=True, kw_only=True)
class Checkpoint(CheckpointConfig):
    """A checkpoint of the WebUI in the folder `root`, with the names that it goes by."""

    root: str

    @cached_property
    def hash(self) -> str:
        """The ten hex digits that infotexts and titles show."""
        return self.sha256[:10]

    @cached_property
    def title(self) -> str:
        """The name with the hash, as the options show it."""
        return f"{self.name} [{self.hash}]"

    @property
    def short_title(self) -> str:
        """The bare name with the hash, as infotexts show it."""
        return f"{self.stem} [{self.hash}]"

    @property
    def model_name(self) -> str:
        """The path in one word, without suffix."""
        return str(PurePosixPath(self.name.replace("/", "_")).with_suffix(""))

    @cached_property
    def stem(self) -> str:
        """The bare file name without suffix."""
        return PurePosixPath(self.name).stem

    @property
    def filename(self) -> str:
        """Where the file would be."""
        return f"{self.root}/models/Stable-diffusion/{self.name}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """Everything that names exactly this checkpoint."""
        names = (self.model_name, self.title, self.name, self.stem)
        return (*names, self.hash, self.sha256, self.short_title)


@dataclass(frozen=True, kw_only=True)
class Vae(VaeConfig):
    """A VAE of the WebUI in the folder `root`, with what answers say of it."""

    root: str

    @property
    def model_name(self) -> str:
        """What the lists call it."""
        return self.name

    @property
    def filename(self) -> str:
        """Where the file would be."""
        return f"{self.root}/models/VAE/{self.name}"


@dataclass(frozen=True)
class Sampler:
    """A sampling method; `options` has its own scheduler, if any, under "scheduler"."""

    name: str
    aliases: tuple[str, ...]
    options: dict[str, str]


@dataclass(frozen=True)
class Scheduler:
    """A noise schedule: `name` is the internal word, `label` the one infotexts show."""

    name: str
    label: str
    aliases: tuple[str, ...] | None
    default_rho: float
    need_inner_model: bool


@dataclass(frozen=True)
class Upscaler:
    """An upscaler of images, with its own factor."""

    name: str
    model_name: str | None = None
    model_path: str | None = None
    scale: float = 4.0


class Catalog:
    """The models of a configuration and its extensions, beside what every WebUI has."""

    def __init__(
        self,
        config: ServerConfig,
        extensions: Sequence[Extension] = (),
        policy: Policy = A1111,
    ) -> None:
        self.policy = policy
        root = {"root": policy.root}
        self.checkpoints = tuple(Checkpoint(**vars(one), **root) for one in config.checkpoints)
        self.vaes = tuple(Vae(**vars(one), **root) for one in config.vaes)
        self.loras: tuple[LoraConfig, ...] = config.loras
        self.embeddings: tuple[EmbeddingConfig, ...] = config.embeddings
        self.styles: tuple[StyleConfig, ...] = config.styles
        self.hypernetworks = tuple(h.name for h in config.hypernetworks)
        self.extensions = tuple(extensions)
        self._by_alias = {
            alias: checkpoint
            for checkpoint in reversed(self.checkpoints)
            for alias in checkpoint.aliases
        }

    def find_checkpoint(self, text: Any) -> Checkpoint | None:
        """Return the checkpoint with exactly this title, name, stem or hash."""
        return self._by_alias.get(text) if isinstance(text, str) else None

    def closest_checkpoint(self, text: str | None) -> Checkpoint | None:
        """Return the checkpoint that `text` names, or the shortest title that contains it."""
        if not text:
            return None
        return (
            self.find_checkpoint(text)
            or self._containing(text)
            or self._containing(_without_checksum(text))
        )

    def _containing(self, text: str) -> Checkpoint | None:
        found = [c for c in self.checkpoints if text in c.title]
        return min(found, key=lambda c: len(c.title), default=None)

    def find_vae(self, text: str | None) -> Vae | None:
        """Return the VAE with exactly this file name."""
        return next((vae for vae in self.vaes if vae.name == text), None)

    def find_lora(self, text: str) -> LoraConfig | None:
        """Return the LoRA with this name or alias, as prompts call it."""
        by_name = _named(self.loras, text)
        return by_name or next((lora for lora in self.loras if lora_alias(lora) == text), None)

    def find_style(self, text: str) -> StyleConfig | None:
        """Return the prompt style of this name."""
        return _named(self.styles, text)

    def find_upscaler(self, text: str) -> Upscaler | None:
        """Return the upscaler of exactly this name."""
        return _named(self.upscalers, text)

    @cached_property
    def flags(self) -> dict[str, Any]:
        """The command line's flags with their defaults."""
        found = dict(self.policy.table("cmd_flags"))
        for extension in self.extensions:
            found |= extension.flags
        return {key: _in_root(value, self.policy.root) for key, value in found.items()}

    @cached_property
    def upscalers(self) -> tuple[Upscaler, ...]:
        """The upscalers of images."""
        return tuple(_upscaler(self.policy.root, **row) for row in self.policy.table("upscalers"))

    @cached_property
    def samplers(self) -> tuple[Sampler, ...]:
        """Every sampling method, the first being the fallback for unknown names."""
        rows = self.policy.table("samplers")
        return tuple(Sampler(r["name"], tuple(r["aliases"]), r["options"]) for r in rows)

    @cached_property
    def schedulers(self) -> tuple[Scheduler, ...]:
        """Every noise schedule, the first being Automatic."""
        return tuple(_scheduler(**row) for row in self.policy.table("schedulers"))

    @cached_property
    def samplers_by_name(self) -> dict[str, Sampler]:
        """Every sampling method under its name."""
        return {one.name: one for one in reversed(self.samplers)}

    @cached_property
    def schedulers_by_name(self) -> dict[str, Scheduler]:
        """Every noise schedule under its name and under its label."""
        found = reversed(self.schedulers)
        return {word: one for one in found for word in (one.name, one.label)}

    @cached_property
    def script_names(self) -> dict[str, list[str]]:
        """The scripts of both tabs, the selectable ones first."""
        found: dict[str, list[str]] = self.policy.table("scripts")["names"]
        return {tab: list(self._with_extensions(names)) for tab, names in found.items()}

    def _with_extensions(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            if name == FIRST_OF_THE_CORE:
                yield from (script.name for script in self._added_scripts)
            yield name

    @cached_property
    def _added_scripts(self) -> list[ExtensionScript]:
        """The scripts of extensions that the WebUI's own table does not place."""
        names = self.policy.table("scripts")["names"].values()
        placed = frozenset(name for tab in names for name in tab)
        return [script for script in scripts_of(self.extensions) if script.name not in placed]

    @cached_property
    def script_info(self) -> list[dict[str, Any]]:
        """The scripts of both tabs with the controls that their arguments come from."""
        data = self.policy.table("scripts")
        choices = self._axes(data["choices"]) | {
            "samplers": [sampler.name for sampler in self.samplers],
            "schedulers": [scheduler.label for scheduler in self.schedulers],
            "upscalers": [upscaler.name for upscaler in self.upscalers],
            "checkpoints": [
                checkpoint.name
                if number
                else checkpoint.title  # the one that the page found loaded
                for number, checkpoint in enumerate(self.checkpoints)
            ],
        }
        found = []
        for row in data["scripts"]:
            if row["name"] == FIRST_OF_THE_CORE:
                tab = row["is_img2img"]
                found += [one.info(is_img2img=tab) for one in self._added_scripts]
            found.append({**row, "args": [_control(choices, **control) for control in row["args"]]})
        return found

    def _axes(self, own: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """Return the axes of X/Y/Z plots for each tab; extensions add some before Hypertile's."""
        first_early = sorted(self.extensions, key=lambda extension: not extension.early)
        added = [axis for extension in first_early for axis in extension.axes]
        return {
            tab: [
                *(name for name in names if not name.startswith(LAST_AXES)),
                *added,
                *(name for name in names if name.startswith(LAST_AXES)),
            ]
            for tab, names in own.items()
        }


def _control(
    named_choices: dict[str, list[str]],
    *,
    label: str,
    value: Any,
    choices: str | list[str] | None = None,
    range: tuple[Any, Any, Any] = (None, None, None),  # noqa: A002 - as in the table
) -> dict[str, Any]:
    minimum, maximum, step = range
    return {
        "label": label,
        "value": value,
        "minimum": minimum,
        "maximum": maximum,
        "step": step,
        "choices": named_choices[choices] if isinstance(choices, str) else choices,
    }


def _in_root(value: Any, root: str) -> Any:
    if isinstance(value, list):
        return [_in_root(item, root) for item in value]
    return value.replace("{root}", root) if isinstance(value, str) else value


def _without_checksum(title: str) -> str:
    """Return a title without the brackets that it ends with, which hold a hash."""
    trimmed = title.rstrip()
    start = trimmed.find("[", trimmed.rfind("]", 0, -1) + 1)
    if not trimmed.endswith("]") or start < 0 or start + 2 == len(trimmed):
        return title
    return trimmed[:start].rstrip()


def lora_alias(lora: LoraConfig) -> str:
    """Return the name that was given to a LoRA in training, or its file name."""
    return str(lora.metadata.get("ss_output_name", lora.name))


def _upscaler(root: str, file: str | None, scale: float, **facts: Any) -> Upscaler:
    is_here = file is not None and "://" not in file
    path = f"{root}/models/{file}" if is_here else file
    return Upscaler(model_path=path, scale=float(scale), **facts)


def _scheduler(aliases: list[str] | None, **facts: Any) -> Scheduler:
    return Scheduler(aliases=tuple(aliases) if aliases else None, **facts)


def _named(items: Iterable[Named], name: str) -> Named | None:
    return next((item for item in items if item.name == name), None)
