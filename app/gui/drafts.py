"""A draft as the page sends it, and as it gets it back."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field

from app.app_state import AppStateV2, JobDraft
from app.config.pipeline_config import find_problems, parse_config
from app.errors import ConfigurationError, RefusedError
from app.gui.endpoints import Body
from app.storage.home import PRESET_OF_LAST, load_last_used, save_last_used


class DraftBody(Body):
    """What the user has set up; see `app.planning.draft.Draft`. `config` names what was set."""

    prompt: str = ""
    negative_prompt: str = ""
    pack_id: str | None = None
    only: list[str] = Field(default_factory=list)
    preset: str | None = None
    seed: int | None = None
    strict: bool = False
    axes: dict[str, list[str]] = Field(default_factory=dict)
    config: dict[str, Any] = Field(default_factory=dict)


def apply(body: DraftBody, draft: JobDraft) -> None:
    """Make the draft what the page says.

    Raises:
        RefusedError: if there is nothing to make, or a setting is wrong; names the field.
    """
    if not body.prompt.strip() and not body.pack_id:
        raise RefusedError("there is no prompt", "prompt", "write one, or choose a pack")
    if problems := find_problems(body.config):
        raise RefusedError(problems[0].sentence, f"config.{problems[0].key}")
    draft.prompt, draft.negative_prompt = body.prompt, body.negative_prompt
    draft.pack_id, draft.only = body.pack_id or None, tuple(body.only)
    draft.preset, draft.seed = body.preset or None, body.seed
    draft.strict, draft.axes = body.strict, body.axes
    draft.config = parse_config(body.config)


def remember(state: AppStateV2, home: Path) -> None:
    """Keep the draft's settings for the next start, and for `--last` on the command line."""
    draft = state.job_draft
    preset = {PRESET_OF_LAST: draft.preset} if draft.preset else {}
    save_last_used(home, draft.config.model_dump(exclude_unset=True) | preset)


def start_from_last(state: AppStateV2, home: Path) -> None:
    """Begin with the settings of the last run, where there are any that can be used."""
    layer = load_last_used(home)
    preset = layer.pop(PRESET_OF_LAST, None)
    with suppress(ConfigurationError):
        state.job_draft.config = parse_config(layer)
        state.job_draft.preset = preset if isinstance(preset, str) else None


def draft_json(draft: JobDraft) -> dict[str, Any]:
    """Return a draft as `DraftBody` takes it."""
    return {
        "prompt": draft.prompt,
        "negative_prompt": draft.negative_prompt,
        "pack_id": draft.pack_id and str(draft.pack_id),
        "only": draft.only,
        "preset": draft.preset,
        "seed": draft.seed,
        "strict": draft.strict,
        "axes": dict(draft.axes),
        "config": draft.config.model_dump(exclude_unset=True),
    }
