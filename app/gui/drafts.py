"""A draft as the page sends it, and as it gets it back."""

from typing import Any

from pydantic import Field

from app.app_state import JobDraft
from app.config.pipeline_config import find_problems, parse_config
from app.gui.answers import RefusedError
from app.gui.endpoints import Body


class DraftBody(Body):
    """What the user has set up; see `app.planning.draft.Draft`. `config` names what was set."""

    prompt: str = ""
    negative_prompt: str = ""
    pack_id: str | None = None
    only: list[str] = Field(default_factory=list)
    preset: str | None = None
    seed: int | None = None
    strict: bool = False
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
    draft.strict = body.strict
    draft.config = parse_config(body.config)


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
        "config": draft.config.model_dump(exclude_unset=True),
    }
