"""Reading a configuration file, with the line of whatever is wrong in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from fake_webui.config.settings import (
    ALL,
    DEFAULT_PROFILE,
    NONE,
    SETTINGS,
    CheckpointConfig,
    ControlNetModelConfig,
    EmbeddingConfig,
    HypernetworkConfig,
    LoraConfig,
    ServerConfig,
    StyleConfig,
    VaeConfig,
    check_profile,
)
from fake_webui.config.toml import KINDS, SentData, TomlFile
from fake_webui.wording import shown

SECTIONS: dict[str, type] = {
    "checkpoints": CheckpointConfig,
    "vaes": VaeConfig,
    "loras": LoraConfig,
    "embeddings": EmbeddingConfig,
    "styles": StyleConfig,
    "hypernetworks": HypernetworkConfig,
    "controlnet_models": ControlNetModelConfig,
}
TOML = ".toml"
SAVED = "saved_options"
SHA256 = re.compile(r"[0-9a-f]{64}")


OptionsOf = Callable[[str, Sequence[str]], Mapping[str, Any]]


def read_config(path: Path, options_of: OptionsOf, profile: str | None = None) -> ServerConfig:
    """Return the configuration that a TOML file describes.

    A file that names any models, styles or extensions replaces the built-in set of all of them.
    `options_of` returns the options, with their defaults, of a server of this profile with these
    extensions; `profile` goes before the one that the file names.

    Raises:
        ConfigError: for a file that can't be read, or one with an unknown key or a wrong value,
            naming the line.
    """
    return _Reader(TomlFile(path), options_of, profile).read()


def read_settings(data: Any, options_of: OptionsOf, profile: str | None = None) -> ServerConfig:
    """Return the configuration that the data of such a file describe, sent rather than read.

    Raises:
        ConfigError: as `read_config` does, without a line.
    """
    return _Reader(SentData(data), options_of, profile).read()


class _Reader:
    """Turns the data of one file into a configuration, or says where it can't."""

    def __init__(self, file: TomlFile, options_of: OptionsOf, profile: str | None) -> None:
        self._file = file
        self._options_of = options_of
        self._profile = profile

    def read(self) -> ServerConfig:
        data, file = self._file.data, self._file
        file.refuse_unknown(data, [*SECTIONS, "extensions", "options", SAVED, *SETTINGS])
        settings = {key: self._setting(key, data[key]) for key in SETTINGS if key in data}
        catalogue = self._catalogue(data)
        if "options" in data:
            settings["options"] = self._options(data["options"], self._known_options(catalogue))
        saved = data.get(SAVED, NONE)  # where the file doesn't say it is as after an install
        settings[SAVED] = self._saved_options(saved, catalogue)
        return replace(ServerConfig(), **catalogue, **settings)

    def _catalogue(self, data: Mapping[str, Any]) -> dict[str, Any]:
        if not any(key in data for key in (*SECTIONS, "extensions")):
            return {}
        found: dict[str, Any] = {key: self._section(key, data.get(key, [])) for key in SECTIONS}
        names = self._file.texts(data.get("extensions", []), "extensions")
        found["extensions"] = tuple(map(self._extension, names))
        if "checkpoints" not in data:
            del found["checkpoints"]
        elif not found["checkpoints"]:
            self._file.refuse("checkpoints needs at least one entry", "checkpoints")
        return found

    def _extension(self, name: str) -> str:
        """Return the name of an extension, or the path of the file that declares one."""
        if not name.endswith(TOML):
            return name
        path = self._file.path.parent / name
        if not path.is_file():
            self._file.refuse(f"there is no file {path}", "extensions")
        return str(path)

    def _section(self, section: str, entries: Any) -> tuple[Any, ...]:
        found = self._file.entries(entries, section)
        return tuple(self._entry(section, index, entry) for index, entry in enumerate(found))

    def _entry(self, section: str, index: int, entry: dict[str, Any]) -> Any:
        kind, file = SECTIONS[section], self._file
        hints = {key: _plain(hint) for key, hint in get_type_hints(kind).items()}
        file.refuse_unknown(entry, list(hints), section, index)
        for field in fields(kind):
            if field.name in entry:
                file.check(entry[field.name], hints[field.name], field.name, section, index)
        if "name" not in entry:
            file.refuse(f"{section}: an entry needs a name", "", section, index)
        if "sha256" in hints and not SHA256.fullmatch(entry.get("sha256", "")):
            file.refuse("sha256 is 64 hexadecimal digits", "sha256", section, index)
        return kind(**entry)

    def _setting(self, key: str, value: Any) -> Any:
        setting = SETTINGS[key]
        if setting.kind is list:
            return self._file.texts(value, key)
        self._file.check(value, setting.kind, key)
        return setting.read(value)

    def _known_options(self, catalogue: Mapping[str, Any]) -> Mapping[str, Any]:
        profile = str(self._profile or self._file.data.get("profile", DEFAULT_PROFILE))
        extensions = catalogue.get("extensions", ServerConfig.extensions)
        return self._options_of(check_profile(profile), extensions)

    def _saved_options(self, asked: Any, catalogue: Mapping[str, Any]) -> str | tuple[str, ...]:
        if isinstance(asked, str) and asked in (ALL, NONE):
            return asked
        if not isinstance(asked, list):
            message = f'{SAVED} is "all", "none" or a list of options, not {shown(asked)}'
            self._file.refuse(message, SAVED)
        names = self._file.texts(asked, SAVED)
        known = self._known_options(catalogue)
        self._file.refuse_unknown(dict.fromkeys(names), known, key=SAVED)
        return names

    def _options(self, options: Any, known: Mapping[str, Any]) -> dict[str, Any]:
        self._file.check(options, dict, "options")
        self._file.refuse_unknown(options, known, "options")
        for key, value in options.items():
            if known[key] is not None:
                kind = float if type(known[key]) is int else type(known[key])
                self._file.check(value, kind, key, "options")
        return dict(options)


def _plain(hint: Any) -> type:
    return hint if hint in KINDS else dict
