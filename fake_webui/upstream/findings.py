"""What a real WebUI did otherwise than a generation asked for, as far as its answer tells."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

LORA: Final = re.compile(r"<(?:lora|lyco):([^:>]+)")
EXTENSION: Final = re.compile(r"\.(safetensors|ckpt|pt|sft|gguf)$")
HASH: Final = re.compile(r" \[[0-9a-f]*\]$")


def found_in(payload: Any, answer: bytes) -> Iterator[str]:
    """Yield a sentence for each thing, from a generation's payload and the body of its answer."""
    info = info_of(answer)
    if info and isinstance(payload, dict):
        yield from _sampler(payload, info)
        yield from _checkpoint(payload, info)
        yield from _networks(payload, info)


def info_of(answer: bytes) -> Mapping[str, Any]:
    """Return what a generation tells of itself; nothing where it failed."""
    try:
        info = json.loads(json.loads(answer)["info"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}


def _sampler(payload: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[str]:
    asked, used = payload.get("sampler_name"), info.get("sampler_name")
    if not (isinstance(asked, str) and isinstance(used, str) and asked and used):
        return
    if not asked.lower().startswith(used.lower()):
        yield f"sampler {asked!r} was asked for, {used!r} was used"


def _checkpoint(payload: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[str]:
    settings = payload.get("override_settings")
    asked = settings.get("sd_model_checkpoint") if isinstance(settings, dict) else None
    used, short_hash = info.get("sd_model_name"), info.get("sd_model_hash")
    if not isinstance(asked, str) or not isinstance(used, str) or not used:
        return
    is_named = EXTENSION.sub("", HASH.sub("", asked)).replace("/", "_") == used
    if not is_named and not (short_hash and str(short_hash) in asked):
        yield f"checkpoint {asked!r} was asked for, {used!r} was used"


def _networks(payload: Mapping[str, Any], info: Mapping[str, Any]) -> Iterator[str]:
    texts = info.get("infotexts")
    infotext = texts[0] if isinstance(texts, list) and texts else ""
    told = str(infotext).rpartition("\nSteps: ")[2]  # the prompt itself has the tags too
    for name in dict.fromkeys(LORA.findall(str(payload.get("prompt", "")))):
        if name not in told:
            yield f"LoRA {name!r} is not in the infotext: it was probably not known, and ignored"
