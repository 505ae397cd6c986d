"""Prompt packs: files with prompts, and what they expand to.

reading → a `PromptPack` → expansion → `PromptVariant`s. Expansion is pure: the same pack and the
same seed make the same variants.
"""

from app.planning.packs.editing import delete_pack, place_of_pack, read_pack_text, write_pack
from app.planning.packs.expansion import expand
from app.planning.packs.model import PromptPack, PromptVariant
from app.planning.packs.reading import (
    PACK_SUFFIXES,
    find_pack,
    list_packs,
    list_samples,
    load_pack,
    pack_path,
)
from app.planning.packs.slips import find_slips
from app.planning.packs.tokens import MAX_JOBS

__all__ = [
    "MAX_JOBS",
    "PACK_SUFFIXES",
    "PromptPack",
    "PromptVariant",
    "delete_pack",
    "expand",
    "find_pack",
    "find_slips",
    "list_packs",
    "list_samples",
    "load_pack",
    "pack_path",
    "place_of_pack",
    "read_pack_text",
    "write_pack",
]
