"""The profile of a name; only the chosen one is imported."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, cast

from fake_webui.config.settings import DEFAULT_PROFILE, PROFILES
from fake_webui.contract import Endpoint, Table
from fake_webui.extensions import installed
from fake_webui.profiles.profile import Profile
from fake_webui.webui.extension import Extension
from fake_webui.webui.options import default_options

__all__ = ["PROFILES", "adapted", "extensions_of", "find_profile", "options_of"]


def find_profile(name: str) -> Profile:
    """Return the profile of one of the names in `PROFILES`."""
    if name == DEFAULT_PROFILE:
        return Profile()
    return cast("Profile", import_module(f"fake_webui.profiles.{name}").PROFILE)


def extensions_of(profile: Profile, names: Iterable[str]) -> tuple[Extension, ...]:
    """Return the extensions that a server of this profile has with those of these names.

    Raises:
        ConfigError: for a mistake in a file that declares one.
    """
    own = {extension.name for extension in profile.extensions}
    wanted = [name for name in names if name not in own | profile.foreign]
    return (*profile.extensions, *installed(wanted))


def options_of(profile_name: str, extensions: Iterable[str]) -> dict[str, Any]:
    """Return every option, with its default, of a server of this profile with extensions."""
    profile = find_profile(profile_name)
    return default_options(extensions_of(profile, extensions), profile.policy)


def adapted(endpoints: Iterable[Endpoint], profile: Profile) -> Iterator[Endpoint]:
    """Yield the endpoints as a profile has them: without those it lacks, read by its own tables."""
    for endpoint in (*endpoints, *profile.endpoints):
        if endpoint.path not in profile.absent:
            key = f"{endpoint.method} {endpoint.path}"
            name = profile.names.get(key, endpoint.name)
            yield replace(endpoint, name=name, **_readings(endpoint, profile))


def _readings(endpoint: Endpoint, profile: Profile) -> dict[str, Any]:
    """Return what an endpoint reads and how it answers, translated."""

    def translated(kind: Any) -> Any:
        if isinstance(kind, Table):
            return profile.dialect.table(profile.tables.get(kind.name, kind))
        return kind and profile.dialect.type(kind)

    return {
        name: translated(getattr(endpoint, name)) for name in ("body", "query", "form", "answer")
    }
