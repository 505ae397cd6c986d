"""Is what came back what was asked for? A WebUI falls back silently in many cases."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import MismatchError
from app.stages import Expected
from app.webui.inventory import NO_VAE, Inventory, check_model, check_modules, check_vae

DETAILER_KEY = "ADetailer model"
ANY_SCHEDULER = frozenset({"", "automatic"})
_SCHEDULE = re.compile(r"\bSchedule type: ([^,\n]+)")


def check_info(expected: Expected, info: Mapping[str, Any], inventory: Inventory) -> None:
    """Compare an answer's `info` with what was asked for.

    Raises:
        MismatchError: at the first difference, naming both sides.
    """
    if expected.is_free:
        return
    _check_values(expected.info, info, inventory)
    _check_scheduler(expected.scheduler, info)
    params = info.get("extra_generation_params", {})
    _check_values(expected.generation_params, params, inventory)
    if expected.checkpoint is not None:
        check_model(expected.checkpoint, info.get("sd_model_name"), inventory)
    _check_modules(expected, info)
    if expected.refiner is not None:
        name = str(params.get("Refiner")).partition(" [")[0]
        check_model(expected.refiner, name, inventory, role="refiner")
    _check_detailers(expected.detailers, params)


def check_images(expected: Expected, sizes: Sequence[tuple[int, int]]) -> None:
    """See that all images came, each of the size that was asked for, in pixels.

    Raises:
        MismatchError: if one has another size, or there are fewer or more.
    """
    if expected.is_free:
        return
    for width, height in sizes:
        if (width, height) != expected.size:
            wanted = "×".join(map(str, expected.size))
            raise MismatchError(f"asked for {wanted} pixels, the WebUI returned {width}×{height}")
    if len(sizes) != expected.images:
        raise MismatchError(f"asked for {expected.images} images, the WebUI returned {len(sizes)}")


def _check_modules(expected: Expected, info: Mapping[str, Any]) -> None:
    """Compare the VAE, and where it is one of several modules, all of them."""
    if "modules" in info:
        vae = [expected.vae] if expected.vae and expected.vae not in NO_VAE else []
        check_modules([*vae, *expected.modules], info["modules"])
    elif expected.vae is not None:
        check_vae(expected.vae, info.get("sd_vae_name"))


def _check_values(
    expected: Mapping[str, Any], found: Mapping[str, Any], inventory: Inventory
) -> None:
    for key, wanted in expected.items():
        if not _equal(inventory.own_name(wanted), found.get(key)):
            raise MismatchError(f"asked for {key} {wanted!r}, the WebUI used {found.get(key)!r}")


def _check_scheduler(wanted: str | None, info: Mapping[str, Any]) -> None:
    """Compare by the infotext, which has the scheduler even for samplers that use none."""
    if wanted is None or _scheduler_key(wanted) in ANY_SCHEDULER:
        return
    shown = _SCHEDULE.findall((info.get("infotexts") or [""])[0].rpartition("\n")[2])
    used = info.get("scheduler") or (shown[0] if shown else "Automatic")
    if _scheduler_key(used) != _scheduler_key(wanted):
        raise MismatchError(f"asked for scheduler {wanted!r}, the WebUI used {used!r}")


def _scheduler_key(text: str) -> str:
    """Return what a scheduler's name and its label have in common."""
    return text.casefold().replace("_", " ").strip()


def _equal(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, int | float):
        return math.isclose(wanted, found)
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.casefold() == found.casefold()
    return bool(wanted == found)


def _check_detailers(models: Sequence[str], params: Mapping[str, Any]) -> None:
    ran = [value for key, value in params.items() if key.startswith(DETAILER_KEY)]
    missing = [model for model in models if model not in ran]
    if missing:
        raise MismatchError(f"ADetailer did not run {', '.join(missing)}; the WebUI skipped it")
