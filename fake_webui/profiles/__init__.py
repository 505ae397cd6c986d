"""Kinds of WebUI other than A1111: only what differs, as tables and a few named policies."""

from fake_webui.profiles.choice import (
    PROFILES,
    adapted,
    extensions_of,
    find_profile,
    options_of,
)
from fake_webui.profiles.profile import Profile

__all__ = ["PROFILES", "Profile", "adapted", "extensions_of", "find_profile", "options_of"]
