"""Options that several commands share; the job settings are one table."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from app.config.pipeline_config import PipelineConfig, merge_layers
from app.storage.home import DEFAULT_WEBUI_URL, HOME_VARIABLE, WEBUI_VARIABLE

Command = TypeVar("Command", bound=Callable[..., Any])
Layer = dict[str, Any]
_LAYER = "app.layer"
DEFAULTS = PipelineConfig()


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag that sets one config key, and switches on what makes it take effect."""

    flag: str
    key: str
    kind: Any
    help: str
    switches_on: str | None = None

    def described(self) -> str:
        """Return the help with the default that holds where nothing else is set."""
        default: Any = DEFAULTS
        for name in self.key.split("."):
            default = getattr(default, name)
        is_plain = default is not None and not isinstance(default, bool)
        return f"{self.help} [default: {default}]" if is_plain else self.help

    def layer(self, value: Any) -> Layer:
        """Return the config layer that this flag with this value makes."""
        switched: Layer = nested(self.switches_on, value=True) if self.switches_on else {}
        return merge_layers(switched, nested(self.key, value=value))


_HIRES, _REFINER = "txt2img.hires_enabled", "txt2img.refiner_enabled"

SETTINGS = (
    Setting("--checkpoint", "txt2img.checkpoint", str, "Model checkpoint; the loaded one if left."),
    Setting("--vae", "txt2img.vae", str, "VAE; the WebUI's setting if left."),
    Setting("--width", "txt2img.width", int, "Width in pixels, a multiple of 8."),
    Setting("--height", "txt2img.height", int, "Height in pixels, a multiple of 8."),
    Setting("--steps", "txt2img.steps", int, "Sampling steps."),
    Setting("--cfg", "txt2img.cfg_scale", float, "CFG scale."),
    Setting("--sampler", "txt2img.sampler_name", str, "Sampler, as the WebUI names it."),
    Setting("--scheduler", "txt2img.scheduler", str, "Schedule type, as the WebUI names it."),
    Setting("--seed", "txt2img.seed", int, "Seed; -1 draws one."),
    Setting("--batch-size", "txt2img.batch_size", int, "Images made at a time."),
    Setting("--batches", "txt2img.n_iter", int, "Times that a batch is made."),
    Setting("--clip-skip", "txt2img.clip_skip", int, "Layers of CLIP to stop before the end."),
    Setting("--hires", "txt2img.hires_scale", float, "Hires fix by this factor.", _HIRES),
    Setting("--hires-upscaler", "txt2img.hires_upscaler", str, "Hires fix: upscaler.", _HIRES),
    Setting("--hires-steps", "txt2img.hires_steps", int, "Hires fix: steps.", _HIRES),
    Setting(
        "--hires-denoise",
        "txt2img.hires_denoising_strength",
        float,
        "Hires fix: denoising.",
        _HIRES,
    ),
    Setting("--refiner", "txt2img.refiner_checkpoint", str, "Refiner checkpoint.", _REFINER),
    Setting("--refiner-at", "txt2img.refiner_switch_at", float, "Refiner: when, 0 to 1."),
    Setting(
        "--img2img",
        "img2img.denoising_strength",
        float,
        "Second pass, this strong.",
        "img2img.enabled",
    ),
    Setting(
        "--adetailer/--no-adetailer",
        "adetailer.enabled",
        bool,
        "Detail faces and hands (ADetailer).",
    ),
    Setting("--upscale", "upscale.resize", float, "Upscale by this factor.", "upscale.enabled"),
    Setting("--upscaler", "upscale.upscaler", str, "Upscaler, as the WebUI names it."),
    Setting(
        "--upscale-mode", "upscale.mode", click.Choice(["extras", "img2img"]), "How to upscale."
    ),
)


def nested(dotted: str, *, value: Any) -> Layer:
    """Return {"a": {"b": value}} for "a.b"."""
    first, _, rest = dotted.partition(".")
    return {first: nested(rest, value=value) if rest else value}


def settings_options(command: Command) -> Command:
    """Add the flags of SETTINGS, `--style` and `--set`; `chosen_layer` returns what was given."""
    _option("--set", _set, "Any other setting, by its dotted key.", metavar="KEY=VALUE")(command)
    _option("--style", _styles, "A style of the WebUI; may be repeated.", metavar="NAME")(command)
    for setting in reversed(SETTINGS):
        click.option(
            setting.flag,
            type=setting.kind,
            default=None,
            help=setting.described(),
            expose_value=False,
            callback=_keep(setting),
        )(command)
    return command


def _option(flag: str, callback: Any, text: str, metavar: str) -> Callable[[Command], Command]:
    return click.option(
        flag, multiple=True, expose_value=False, callback=callback, help=text, metavar=metavar
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
    ctx.meta[_LAYER] = merge_layers(ctx.meta.get(_LAYER, {}), layer)


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
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
