"""Where the app lives and which WebUI it talks to: flags first, then the environment."""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from platformdirs import user_data_path

from app.errors import ConfigurationError, HomeError
from app.storage.files import replace_file

DEFAULT_WEBUI_URL = "http://127.0.0.1:7860"
HOME_VARIABLE = "APP_HOME"
WEBUI_VARIABLE = "WEBUI_URL"
STORE_VARIABLE = "APP_STORE"
IMAGES_VARIABLE = "APP_IMAGES"
PACKS_FOLDER, PRESETS_FOLDER, IMAGES_FOLDER = "packs", "presets", "images"
THIS_MACHINE = "this machine"
"""What the machine of a store that others don't share is called."""
_API_ROOT = "/sdapi/v1"  # people copy it along with the address
STORE_FILE = "jobs.db"
TRASH_FOLDER = ".trash"
"""Among the images, so that nothing is copied when it is deleted."""
PRIVATE_FOLDER = 0o700
_LAST_USED = "last-used.json"
PRESET_OF_LAST = "preset"
"""Beside the sections of a layer, in the file of what was used last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are. `webui_urls` has at least one, without a slash at the end.

    `store` is the URL of a shared store, or None for the one in the home.
    """

    home: Path
    webui_urls: tuple[str, ...]
    store: str | None = None
    images: Path


def resolve_settings(
    home: Path | str | None = None,
    webui: str | Sequence[str] | None = None,
    store: str | None = None,
    images: Path | str | None = None,
) -> Settings:
    """Return what was given, or what the environment says, or the defaults.

    Raises:
        ConfigurationError: if a WebUI's URL is not one.
    """
    given = [webui] if isinstance(webui, str) else list(webui or ())
    urls = given or os.environ.get(WEBUI_VARIABLE, "").replace(",", " ").split()
    checked = [check_webui_url(url) for url in urls or [DEFAULT_WEBUI_URL]]
    one_each = {webui_identity(url): url for url in reversed(checked)}
    chosen = tuple(url for url in dict.fromkeys(checked) if url in one_each.values())
    folder = resolve_home(home)
    elsewhere = images or os.environ.get(IMAGES_VARIABLE)
    return Settings(
        home=folder,
        webui_urls=chosen,
        store=store or os.environ.get(STORE_VARIABLE) or None,
        images=Path(elsewhere).expanduser().absolute() if elsewhere else folder / IMAGES_FOLDER,
    )


def webui_identity(url: str, here: str = THIS_MACHINE, host_name: str | None = None) -> str:
    """Return what the names of one WebUI have in common, on the machine that they are used on.

    Args:
        url: one of the names.
        here: what that machine is to be called, which has several names.
        host_name: its own name, where it is not this one.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if _is_here(host) or host == (host_name or socket.gethostname()).lower():
        host = here
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{host}:{port}{parts.path}"


def shared_name(url: str, here: str) -> str:
    """Return a WebUI's URL as other machines may read it, if `here` is what they call this one."""
    parts = urlsplit(url)
    if here == THIS_MACHINE or not _is_here(parts.hostname or ""):
        return url
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"{here}{port}"))


def _is_here(host: str) -> bool:
    return host in {"localhost", "::1", "0.0.0.0"} or host.startswith("127.")  # noqa: S104 - compared, not bound


def resolve_home(home: Path | str | None = None) -> Path:
    """Return the home folder's absolute path; nothing is made yet."""
    chosen = home or os.environ.get(HOME_VARIABLE) or _platform_home()
    return Path(chosen).expanduser().absolute()


def _platform_home() -> Path:
    return user_data_path("fake-webui-app", appauthor=False)


def check_webui_url(url: str) -> str:
    """Return a WebUI's URL in the one form that the app uses.

    Raises:
        ConfigurationError: if it does not start with http:// or https:// and name a host.
    """
    if not is_http_url(url):
        raise ConfigurationError(
            f"{_shown(url)!r} is not a WebUI URL; give one like {DEFAULT_WEBUI_URL}"
        )
    return url.strip().rstrip("/").removesuffix(_API_ROOT).rstrip("/")


def is_http_url(url: str) -> bool:
    """Whether a text starts with http:// or https:// and names a host, with a port or without."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _shown(url: str) -> str:
    """Return what was given as a URL, whatever it is, without a user and a password."""
    before, _, host = url.rpartition("@")
    scheme, slashes, _ = before.partition("//")
    return f"{scheme}{slashes}{host}" if slashes else host


def refuse_unwritable(home: Path) -> None:
    """See that a home can be made and written, before anything is.

    Raises:
        HomeError: if it can't.
    """
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise HomeError(f"can't write to {nearest} for the home {home}; choose another with --home")


def prepare_home(home: Path) -> Path:
    """Make the home folder, with the folders that users fill, and see that it can be written.

    Raises:
        HomeError: if it can't be made or written, with the reason.
    """
    try:
        for folder in (home, home / PACKS_FOLDER, home / PRESETS_FOLDER):
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        _make_private(home)
    except OSError as error:
        raise HomeError(
            f"can't make the home folder {home}: {error.strerror}; choose another with --home"
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise HomeError(f"can't write to the home folder {home}; choose another with --home")
    return home


def _make_private(home: Path) -> None:
    """Close a home of an earlier version to others; a folder of other things is left as it is."""
    there = {path.name for path in home.iterdir()}
    if STORE_FILE in there or there <= {PACKS_FOLDER, PRESETS_FOLDER}:
        with suppress(OSError):  # somebody else's, who lets this user write in it
            home.chmod(PRIVATE_FOLDER)


def is_read_only(home: Path) -> bool:
    """Return whether a home is there that can't be written."""
    return home.is_dir() and not os.access(home, os.W_OK | os.X_OK)


def load_last_used(home: Path) -> dict[str, Any]:
    """Return the config layer of the last run, {} when there was none or it can't be read."""
    try:
        layer = json.loads((home / _LAST_USED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return layer if isinstance(layer, dict) else {}


def save_last_used(home: Path, layer: Mapping[str, Any]) -> None:
    """Keep a config layer for the next start, with `preset` beside its sections.

    Raises:
        HomeError: if the home can't be written.
    """
    replace_file(home / _LAST_USED, json.dumps(layer, indent=2, ensure_ascii=False).encode())
