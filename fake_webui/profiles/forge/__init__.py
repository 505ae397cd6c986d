"""Forge: `--profile forge`; ControlNet is built in, modules stand for VAEs, models load late."""

from typing import Final

from fake_webui.config.settings import ServerConfig
from fake_webui.contract.dialect import Dialect, failure_of_2
from fake_webui.contract.envelope import Envelope
from fake_webui.contract.pydantic2 import Pydantic2
from fake_webui.contract.transport import Transport
from fake_webui.profiles.forge import browsers, findings, hooks, tables
from fake_webui.profiles.forge.controlnet import CONTROLNET
from fake_webui.profiles.forge.routes import endpoints
from fake_webui.profiles.forge.scripts import SCRIPTS
from fake_webui.profiles.profile import Profile
from fake_webui.webui.policy import Hooks, Policy

PYDANTIC: Final = Pydantic2("2.8")
DIALECT: Final = Dialect(
    table=PYDANTIC.table,
    type=PYDANTIC.type,
    missing=PYDANTIC.missing,
    syntax=PYDANTIC.syntax,
    failure=failure_of_2,
    openapi="3.1.0",
)


def transport(config: ServerConfig) -> Transport:
    """Return what goes around answers: the page's own server does without compression and time."""
    if config.nowebui:
        return Transport(tells_time=False, closes_after_failure=True, ends_when_stopped=False)
    return Transport(
        gzips=False,
        tells_time=False,
        closes_after_failure=True,
        ends_when_stopped=False,
        cors=browsers.headers,
        preflight=browsers.preflight,
    )


PROFILE: Final = Profile(
    name="forge",
    title="Forge",
    policy=Policy(
        version="f2.0.1v1.10.1-previous-669-gdfdcbab6",
        root="/srv/stable-diffusion-webui-forge",
        tables="forge",
        extension_options=("SCUNET_", "SWIN_", "lora_", "sd_lora"),
        lists_extension_options=False,
        unlisted_scripts=(),
        types_defaults=True,
        loads_on_post=False,
        names_with_hash=False,
        has_vae=False,
        strips_prompts=True,
        hashes_embeddings=False,
        needs_every_lora=True,
        echoes_applied_overrides=True,
        survives_nan=True,
        saves_with_alpha=True,
        notes_postprocessing=False,
        dialect=DIALECT,
        failures=tables.FAILURES,
        hooks=Hooks(
            request=hooks.refuse_infotext,
            store=hooks.store,
            findings=findings.of_request,
            option_findings=findings.of_options,
            post_findings=findings.of_posted_options,
            hires_models=hooks.hires_modules,
            hires_guidance=hooks.hires_guidance,
            second_pass=hooks.check_hires_modules,
            closing=hooks.closing_pairs,
            read=hooks.read_parameters,
        ),
    ),
    dialect=DIALECT,
    envelope=Envelope(
        message="message",
        wraps_http_errors=False,
        challenge="Basic",
        pitfall=findings.OF_FAILURES,
    ),
    transport=transport,
    absent=frozenset(
        {
            "/sdapi/v1/sd-vae",
            "/sdapi/v1/train/embedding",
            "/sdapi/v1/train/hypernetwork",
            "/controlnet/version",
            "/controlnet/settings",
        }
    ),
    moved={"/sdapi/v1/sd-vae": "/sdapi/v1/sd-modules"},
    endpoints=endpoints.endpoints,
    tables={table.name: table for table in (tables.TXT2IMG, tables.IMG2IMG)},
    extensions=(CONTROLNET, SCRIPTS),
)
