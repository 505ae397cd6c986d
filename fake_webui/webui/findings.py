"""What a request meant and didn't get: replaced, ignored, or spelt as in older versions.

The real server says nothing of it, or says it on its terminal alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fake_webui.contract import Parsed
from fake_webui.webui.catalog import Catalog
from fake_webui.webui.processing import Processing, prompts
from fake_webui.webui.processing.conditioning import LORA_KINDS, embeddings
from fake_webui.webui.processing.sampling import find_sampler, find_scheduler, split_sampler
from fake_webui.webui.state import WebUIState

_EMBEDDING = re.compile(r"\bembedding:([\w.-]+)")
NO_NAME = (None, "", "None")


def find(asked: Parsed, values: Mapping[str, Any], p: Processing, state: WebUIState) -> list[str]:
    """Return a sentence for each thing, from a request and the parameters it led to."""
    positive = dict.fromkeys([*p.all_prompts, *p.all_hr_prompts])
    texts = dict.fromkeys([*positive, *p.all_negative_prompts])
    found = [
        *_samplers(asked, values, p, state.catalog),
        *_styles(values, state.catalog),
        *_models(asked.values["override_settings"] or {}, state.catalog),
        *(one for text in positive for one in _networks(text, state.catalog)),
        *(one for text in texts for one in _embeddings(text, state)),
    ]
    return list(dict.fromkeys(found))


def _samplers(
    asked: Parsed, values: Mapping[str, Any], p: Processing, catalog: Catalog
) -> Iterator[str]:
    name = values["sampler_name"] or values["sampler_index"]
    if "sampler_index" in asked.given and not values["sampler_name"]:
        yield "sampler_index is an old spelling of sampler_name"
    bare, scheduler = split_sampler(name, catalog)
    schedule = p.extra_generation_params.get("Schedule type") or p.scheduler or "Automatic"
    used = f"{p.sampler_name!r} with {schedule} was used"
    if name and find_sampler(bare, catalog) is None:
        yield f"sampler {name!r} is not known; {used}"
    elif scheduler:
        yield f"sampler {name!r} is an old spelling of sampler and scheduler; {used}"
    for field in ("scheduler", *(["hr_scheduler"] if p.enable_hr else [])):
        chosen = values[field]
        same = chosen in ("", None, "Use same scheduler")
        if not same and find_scheduler(chosen, catalog) is None:
            yield f"{field} {chosen!r} is not known; {catalog.schedulers[0].label} was used"


def _styles(values: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    styles = values["styles"] or []
    if isinstance(styles, str):
        yield f"styles {styles} of the infotext were ignored"
        return
    for name in styles:
        if name not in NO_NAME and catalog.find_style(name) is None:
            yield f"style {name!r} is not known and was ignored"


def _models(settings: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    checkpoint = settings.get("sd_model_checkpoint")
    vae = settings.get("sd_vae") if catalog.policy.has_vae else None
    if checkpoint and catalog.find_checkpoint(checkpoint) is None:
        yield f"checkpoint {checkpoint!r} is not known and was ignored"
    if vae not in (*NO_NAME, "Automatic", "auto") and catalog.find_vae(str(vae)) is None:
        yield f"VAE {vae!r} is not known; none was used"


def _networks(text: str, catalog: Catalog) -> Iterator[str]:
    for kind, arguments in prompts.extra_networks(text):
        name = arguments[0]
        if kind in LORA_KINDS:
            yield from _lora(name, arguments, catalog)
        elif kind != "hypernet":
            yield f"extra network '<{kind}:{':'.join(arguments)}>' is not known and was ignored"
        elif name not in catalog.hypernetworks:
            yield f"hypernetwork {name!r} is not known and was ignored"


def _lora(name: str, arguments: Sequence[str], catalog: Catalog) -> Iterator[str]:
    if catalog.find_lora(name) is None:
        yield f"LoRA {name!r} is not known and was ignored"
    elif not prompts.has_valid_weights(arguments):
        yield f"LoRA {name!r} has a weight that is not a number; no LoRA was loaded"


def _embeddings(text: str, state: WebUIState) -> Iterator[str]:
    for name in _EMBEDDING.findall(text):
        if name.lower() not in {embedding.name.lower() for embedding in embeddings(state)}:
            yield f"embedding {name!r} is not known and was ignored"
