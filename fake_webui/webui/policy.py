"""What one kind of WebUI does in its own way, as data; the defaults are A1111's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fake_webui.contract.dialect import PYDANTIC_1, Dialect
from fake_webui.data import read_data
from fake_webui.errors import HandlerError
from fake_webui.version import EMULATED_VERSION

Pairs = Mapping[str, Any]


def _no_pairs(*_: Any) -> Pairs:
    return {}


def _as_it_is(_: str, value: Any, __: Any) -> Any:
    return value


def _no_findings(*_: Any) -> Iterable[str]:
    return ()


def _nothing(*_: Any) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What a WebUI does at some points of its own; by default nothing.

    The state is a `WebUIState`, what `hires_models`, `hires_guidance` and `second_pass` take is a
    `Processing`.

    Each may raise an `ApiError` to fail there. `request` is called with the fields of a generation
    and the state, before anything else; `store` with the name of an option, what is to be stored
    and the state, for what is stored instead. `findings` is called with the fields of a
    generation, `option_findings` with options that are posted or overridden,
    `post_findings` with options that are posted, `extras_findings` with the fields of extras, all
    with the state; they return what there is to say of them in the journal. `hires_models` and
    `hires_guidance` return notes on the second pass for the infotext; `second_pass` is called when
    it begins. `closing` returns pairs that stand behind the version. `read` is called with the
    values of an infotext that png-info answers and the state, and may change them.
    """

    request: Callable[[Mapping[str, Any], Any], None] = _nothing
    store: Callable[[str, Any, Any], Any] = _as_it_is
    findings: Callable[[Mapping[str, Any], Any], Iterable[str]] = _no_findings
    option_findings: Callable[[Mapping[str, Any], Any], Iterable[str]] = _no_findings
    post_findings: Callable[[Mapping[str, Any], Any], Iterable[str]] = _no_findings
    extras_findings: Callable[[Mapping[str, Any], Any], Iterable[str]] = _no_findings
    hires_models: Callable[[Any], Pairs] = _no_pairs
    hires_guidance: Callable[[Any], Pairs] = _no_pairs
    second_pass: Callable[[Any], None] = _nothing
    closing: Callable[[Any], Pairs] = _no_pairs
    read: Callable[[dict[str, Any], Any], None] = _nothing


NO_HOOKS: Final = Hooks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a WebUI names, lists, loads and writes.

    `version` is what infotexts and system information say. `root` is the folder that answers name,
    never opened. Tables of `data/<tables>/` stand before those that every WebUI has.

    `extension_options` are how the options of its built-in extensions begin; they are set from the
    start, and `GET options` has them only if `lists_extension_options`. `types_defaults`: whether
    that also turns defaults into their type, whole numbers into floats.

    `unlisted_scripts` are in no list, and yet a request may name them.

    `loads_on_post`: whether an option that names a checkpoint loads it at once, or the next
    generation does. `names_with_hash`: whether the options call a checkpoint by its title.
    `has_vae`: whether the option sd_vae chooses a VAE.

    `strips_prompts` of white space; `hashes_embeddings`: whether infotexts have the hashes of
    embeddings or their names alone; `needs_every_lora`: whether an unknown LoRA keeps the others
    out; `echoes_applied_overrides`: whether the answer shows the overrides that were applied
    instead of those that were asked for. `survives_nan`: guidance that is not a number makes a
    black picture, not an error. `saves_with_alpha`: whether pictures that are saved get an alpha
    channel. `notes_postprocessing`: whether extras leave a text in the picture.

    `dialect` is how answers are validated; `failures` are exceptions that differ, as (class,
    message) by what went wrong.

    `workshop` names the modules that work on pictures in its own way, by the names of those of
    `webui` that they stand for. `memory` makes what it remembers beside what every WebUI does; a
    reset makes it anew. `title_of` is how the options call a checkpoint where it is neither.
    `opens_when_ready`: whether connections are refused until all is there.
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
    extension_options: tuple[str, ...] = ("ldsr_", "SCUNET_", "SWIN_", "hypertile_")
    lists_extension_options: bool = True
    unlisted_scripts: tuple[str, ...] = ("comments", "hypertile")
    types_defaults: bool = False
    loads_on_post: bool = True
    names_with_hash: bool = True
    has_vae: bool = True
    strips_prompts: bool = False
    hashes_embeddings: bool = True
    needs_every_lora: bool = False
    echoes_applied_overrides: bool = False
    survives_nan: bool = False
    saves_with_alpha: bool = False
    notes_postprocessing: bool = True
    dialect: Dialect = PYDANTIC_1
    failures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    hooks: Hooks = NO_HOOKS
    workshop: Mapping[str, str] = field(default_factory=dict)
    memory: Callable[[], Any] = _nothing
    title_of: Callable[[Any], str] | None = None
    opens_when_ready: bool = False

    def table(self, name: str) -> Any:
        """Return a table of `data`, this WebUI's own if it has one."""
        return read_data(name, self.tables)

    def failure(self, what: str, class_name: str, message: str) -> HandlerError:
        """Return the exception for what went wrong: its own, or the one that is given."""
        return HandlerError(*self.failures.get(what, (class_name, message)))


A1111: Final = Policy()
