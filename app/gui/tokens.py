"""The token of a page that others can reach: shown once, kept as its hash."""

import json
import secrets
from pathlib import Path

from app.gui.safety import hash_of
from app.storage.files import replace_file

FILE = "gui-token.json"


def load_token_hash(home: Path) -> str | None:
    """Return the hash of the token that was made before, or None."""
    try:
        kept = json.loads((home / FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    found = kept.get("sha256") if isinstance(kept, dict) else None
    return found if isinstance(found, str) else None


def make_token(home: Path) -> str:
    """Make a token in place of the one before, and return it; only its hash is kept.

    Raises:
        HomeError: if the home can't be written.
    """
    token = secrets.token_urlsafe(24)
    replace_file(home / FILE, json.dumps({"sha256": hash_of(token)}).encode())
    return token
