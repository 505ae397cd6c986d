"""Options that several commands share; the job settings are one table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from app.cleaning import clean_json, is_clean
from app.commands.shared.output import notice
from app.commands.shared.sections import SectionedOption
from app.config.limit_settings import PREFIX
from app.config.pipeline_config import merge_layers, setting_field
from app.limits import DEFAULT_LIMITS
from app.planning.packs.definitions import split_values
from app.storage.home import (
    DEFAULT_WEBUI_URL,
    HOME_VARIABLE,
    IMAGES_VARIABLE,
    STORE_VARIABLE,
    WEBUI_VARIABLE,
)
from app.storage.names import DEFAULT_TEMPLATE

Command = TypeVar("Command", bound=Callable[..., Any])
Layer = dict[str, Any]
_LAYER = "app.layer"
_OTHER = "Other settings"


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag that sets one config key, and switches on what makes it take effect."""

    flag: str
    key: str
    help: str
    switches_on: str | None = None

    def option(self) -> Callable[[Any], Any]:
        """Return the option, with the default that holds where nothing else is set."""
        field = setting_field(self.key)
        is_plain = field.default not in {None, ""} and not isinstance(field.default, bool)
        text = f"{self.help} [default: {field.default}]" if is_plain else self.help
        kind = _kind(field.annotation)
        return _option(self.flag, _keep(self), text, section=self.section, type=kind, default=None)

    @property
    def section(self) -> str:
        """The section of the help that it stands in."""
        stage, _, name = self.key.partition(".")
        if stage == "pipeline":
            return _OTHER
        if stage != "txt2img":
            return "Later stages"
        return "Hires fix and refiner" if name.startswith(("hires", "refiner")) else "Picture"

    def layer(self, value: Any) -> Layer:
        """Return the config layer that this flag with this value makes."""
        switched: Layer = nested(self.switches_on, value=True) if self.switches_on else {}
        return merge_layers(switched, nested(self.key, value=value))


_HIRES, _REFINER = "txt2img.hires_enabled", "txt2img.refiner_enabled"

SETTINGS = (
    Setting("--checkpoint", "txt2img.checkpoint", "Model checkpoint; the loaded one if left."),
    Setting("--vae", "txt2img.vae", "VAE; the WebUI's setting if left."),
    Setting("--width", "txt2img.width", "Width in pixels, a multiple of 8."),
    Setting("--height", "txt2img.height", "Height in pixels, a multiple of 8."),
    Setting("--steps", "txt2img.steps", "Sampling steps."),
    Setting("--cfg", "txt2img.cfg_scale", "CFG scale."),
    Setting("--sampler", "txt2img.sampler_name", "Sampler, as the WebUI names it."),
    Setting("--scheduler", "txt2img.scheduler", "Schedule type, as the WebUI names it."),
    Setting("--seed", "txt2img.seed", "Seed; -1 draws one."),
    Setting("--batch-size", "txt2img.batch_size", "Images made at a time."),
    Setting("--batches", "txt2img.n_iter", "Times that a batch is made."),
    Setting("--clip-skip", "txt2img.clip_skip", "Layers of CLIP to stop before the end."),
    Setting("--hires", "txt2img.hires_scale", "Hires fix by this factor.", _HIRES),
    Setting("--hires-upscaler", "txt2img.hires_upscaler", "Hires fix: upscaler.", _HIRES),
    Setting("--hires-steps", "txt2img.hires_steps", "Hires fix: steps.", _HIRES),
    Setting("--hires-denoise", "txt2img.hires_denoising_strength", "Hires fix: denoising.", _HIRES),
    Setting("--refiner", "txt2img.refiner_checkpoint", "Refiner checkpoint.", _REFINER),
    Setting("--refiner-at", "txt2img.refiner_switch_at", "Refiner: when, 0 to 1."),
    Setting(
        "--img2img", "img2img.denoising_strength", "Second pass, this strong.", "img2img.enabled"
    ),
    Setting(
        "--adetailer/--no-adetailer", "adetailer.enabled", "Detail faces and hands (ADetailer)."
    ),
    Setting("--upscale", "upscale.resize", "Upscale by this factor.", "upscale.enabled"),
    Setting("--upscaler", "upscale.upscaler", "Upscaler, as the WebUI names it."),
    Setting(
        "--file-name",
        "pipeline.file_name",
        f"How files are named: {DEFAULT_TEMPLATE}, or with date, time, pack, model, row, variant.",
    ),
    Setting("--upscale-mode", "upscale.mode", "How to upscale."),
)


def nested(dotted: str, *, value: Any) -> Layer:
    """Return {"a": {"b": value}} for "a.b"."""
    first, _, rest = dotted.partition(".")
    return {first: nested(rest, value=value) if rest else value}


def _kind(annotation: Any) -> Any:
    """Return what click calls the type of a setting; "or None" is a flag that is left out."""
    choices = get_args(annotation)
    if get_origin(annotation) is Literal:
        return click.Choice(choices)
    return choices[0] if choices else annotation


def together(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return what adds several options to a command, listed in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def settings_options(command: Command) -> Command:
    """Add the flags of SETTINGS, `--style` and `--set`; `chosen_layer` returns what was given."""
    style = "A style of the WebUI; may be repeated."
    other = "Any other setting, by its dotted key."
    return together(
        *(setting.option() for setting in SETTINGS),
        _option("--style", _styles, style, section=_OTHER, metavar="NAME", multiple=True),
        _option("--set", _set, other, section=_OTHER, metavar="KEY=VALUE", multiple=True),
    )(command)


def _option(flag: str, callback: Any, text: str, **details: Any) -> Callable[[Any], Any]:
    return click.option(
        flag, expose_value=False, callback=callback, help=text, cls=SectionedOption, **details
    )


def chosen_layer() -> Layer:
    """Return the config layer that the current command line asks for."""
    layers: Layer = click.get_current_context().meta.get(_LAYER, {})
    return layers


def start_from(layer: Mapping[str, Any]) -> None:
    """Put a layer under what the current command line asks for."""
    meta = click.get_current_context().meta
    meta[_LAYER] = merge_layers(layer, meta.get(_LAYER, {}))


def _add(ctx: click.Context, layer: Mapping[str, Any]) -> None:
    if not is_clean(layer):
        notice("control characters were taken out of a setting", "yellow")
    ctx.meta[_LAYER] = merge_layers(ctx.meta.get(_LAYER, {}), clean_json(layer))


def _keep(setting: Setting) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(ctx: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None:
            _add(ctx, setting.layer(value))

    return keep


def _styles(ctx: click.Context, _: click.Parameter, names: tuple[str, ...]) -> None:
    if names:
        _add(ctx, nested("txt2img.styles", value=list(names)))


def _set(ctx: click.Context, _: click.Parameter, pairs: tuple[str, ...]) -> None:
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.strip(". "):
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE, as in upscale.resize=2")
        _add(ctx, nested(key.strip(), value=_value(text)))


def _value(text: str) -> Any:
    """Return a JSON value where it is one, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _axes(
    _: click.Context, __: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    axes: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        key, _equals, text = pair.partition("=")
        values = split_values(text if "|" in text else text.replace(",", "|"))
        if not key.strip() or not values:
            raise click.BadParameter(f"{pair!r} is not KEY=A|B, as in cfg=5|7")
        if key.strip() in axes:
            raise click.BadParameter(f"{key.strip()} is there twice; give all values in one")
        axes[key.strip()] = values
    return axes


notify_option = click.option(
    "--notify",
    metavar="URL",
    envvar=f"{PREFIX}NOTIFY",
    help="Post a few lines of JSON there when a job fails, the queue pauses, and all is done."
    f" [env: {PREFIX}NOTIFY]",
)
axis_option = click.option(
    "--axis",
    "axes",
    metavar="KEY=A|B",
    multiple=True,
    callback=_axes,
    help="A setting that takes each of several values, as in cfg=5|7 or size=832x1216|1216x832;"
    " may be repeated.",
)

LIMITS: Mapping[str, tuple[str, str]] = {
    "pause_after": ("--pause-after", "Failures in a row after which the queue pauses."),
    "patience_s": ("--patience", "Seconds without a WebUI after which it pauses."),
    "job_ceiling_s": ("--job-ceiling", "Seconds that one job may take."),
}
"""The options of limits, by their names in `Limits`."""


def limit_options(command: Command) -> Command:
    """Add the options of LIMITS; a command that is opened with the app does not see them."""
    return together(*(_limit_option(name, *details) for name, details in LIMITS.items()))(command)


def _limit_option(name: str, flag: str, text: str) -> Callable[[Any], Any]:
    usual = getattr(DEFAULT_LIMITS, name)
    kind = (
        click.IntRange(min=1) if isinstance(usual, int) else click.FloatRange(min=0, min_open=True)
    )
    hint = f"{text} [env: {PREFIX}{name.upper()}; default: {usual:g}]"
    return click.option(
        flag, name, type=kind, default=None, help=hint, cls=SectionedOption, section="When to stop"
    )


webui_option = click.option(
    "--webui",
    "webui_urls",
    multiple=True,
    metavar="URL",
    help=f"The WebUI; repeat for several. [env: {WEBUI_VARIABLE}; default: {DEFAULT_WEBUI_URL}]",
)
home_option = click.option(
    "--home",
    type=click.Path(file_okay=True, path_type=Path),
    metavar="DIR",
    help=f"Where jobs, packs, presets and images live. [env: {HOME_VARIABLE}]",
)
store_option = click.option(
    "--store", "store_url", metavar="URL",
    help=f"A store on a server, for several hosts, instead of the home's. [env: {STORE_VARIABLE}]",
)  # fmt: skip
images_option = click.option(
    "--images", "images_folder", type=click.Path(path_type=Path), metavar="DIR",
    help=f"Where images are, instead of in the home. [env: {IMAGES_VARIABLE}]",
)  # fmt: skip
unused_webui_option = click.option("--webui", multiple=True, expose_value=False, hidden=True)
"""For commands that need none: a script may give it to whatever it calls."""
_MOST = 2**31 - 1  # more than any home has; the databases take no number of any size


def counting(least: int = 1) -> click.IntRange:
    """Return the type of an option that counts jobs or pictures."""
    return click.IntRange(least, _MOST)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
