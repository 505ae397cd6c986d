"""A home with packs in it, written by the test."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.planning.packs import PromptVariant, expand, find_pack, load_pack

Expand = Callable[..., list[PromptVariant]]
Write = Callable[[str, Any], Path]


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The folder of packs in a home of its own."""
    folder = tmp_path / "packs"
    folder.mkdir()
    return folder


@pytest.fixture
def write(packs: Path) -> Write:
    """Write a file of the packs folder: text as it is, anything else as JSON."""

    def write(name: str, content: Any) -> Path:
        path = packs / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    return write


@pytest.fixture
def expand_pack(packs: Path) -> Expand:
    """Find, read and expand a pack by its name."""

    def run(name: str = "p", *, seed: int = 1, **layers: Any) -> list[PromptVariant]:
        pack = load_pack(find_pack(packs.parent, name), packs.parent)
        return expand(pack, **{"preset": {}, "user": {}} | layers, seed=seed)

    return run
