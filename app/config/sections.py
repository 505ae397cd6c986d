"""Settings as files have them: the sections, spelt as this app does or as older files did.

A key that means a setting is translated, one that is known but has no use here makes a notice, and
any other stays in the layer, where the check of the settings refuses it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cleaning import is_clean
from app.config.pipeline_config import STAGE_NAMES, find_problems
from app.config.refusals import Problem
from app.config.spellings import (
    LAST_RANK,
    NATIVE_RANK,
    ROOT,
    SPELLINGS,
    UNUSED,
    UNUSED_SECTIONS,
    Spelling,
    is_quiet,
)
from app.storage.documents import Document

_WHOLE = frozenset(["alwayson_scripts"])  # the names in it may have dots
_STAGE_LISTS = ("global_prompt_stages", "global_negative_prompt_stages")


@dataclass(frozen=True, slots=True)
class Sections:
    """A layer of settings and what there is to say about it.

    Args:
        layer: the settings, spelt as this app does.
        unused: dotted keys with a value that has no effect here.
        overruled: dotted keys that lost against another spelling of the same setting.
        cleaned: dotted keys with control characters, which are taken out.
        origins: the file's dotted key, by dotted setting.
    """

    layer: Mapping[str, Any] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    cleaned: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)

    def notices(self) -> tuple[str, ...]:
        """Return a sentence for each kind of thing that has no effect, or not as it stands."""
        kinds = (
            ("not used here", self.unused),
            ("overruled by another key", self.overruled),
            ("control characters were taken out", self.cleaned),
        )
        return tuple(f"{said}: {', '.join(keys)}" for said, keys in kinds if keys)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with single settings, by the file's own keys."""
        for problem in find_problems(self.layer):
            if not problem.is_relation:
                origin = self.origins.get(problem.key, problem.key)
                yield Problem(origin, problem.sentence.replace(problem.key, origin, 1))


@dataclass(frozen=True, slots=True)
class _Given:
    """One value of a file: the dotted setting it means, how strong it is, where it stood."""

    setting: str
    rank: int
    origin: str
    value: Any


def read_file_sections(document: Document, values: Mapping[str, Any]) -> Sections:
    """Translate the sections of a document and check them.

    Raises:
        BadInputError: the document's own, at the first setting that is wrong.
    """
    sections = read_sections(values)
    for problem in sections.problems():
        raise document.error(problem.sentence, *problem.key.split("."))
    return sections


def read_sections(values: Mapping[str, Any]) -> Sections:
    """Translate a file's sections into a layer; its values are not checked yet."""
    leaves = [leaf for leaf in _leaves(values) if leaf[0] not in UNUSED_SECTIONS]
    given = [one for section, key, value in leaves for one in _read(section, key, value)]
    given += _no_hands_unless_asked(given)
    winners = _winners(given)
    layer: dict[str, Any] = {s: {} for s, v in values.items() if _is_open(s, v)}
    for one in winners.values():
        _put(layer, one.setting.split("."), one.value)
    _list_stages(layer.get("pipeline", {}))
    return Sections(
        layer=layer,
        unused=(*_unused_sections(values), *_unused(leaves)),
        overruled=tuple(dict.fromkeys(_overruled(given, winners))),
        cleaned=tuple(one.origin for one in winners.values() if not is_clean(one.value)),
        origins={one.setting: one.origin for one in winners.values()},
    )


def _is_open(section: str, value: Any) -> bool:
    """Return whether a section shows in the layer even when it is empty, so that it is checked."""
    known = section in UNUSED_SECTIONS or section in SPELLINGS
    return isinstance(value, Mapping) and not known


def _leaves(values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield section, key and value; keys in sections of a section are dotted."""
    for section, value in values.items():
        if isinstance(value, Mapping):
            yield from ((section, key, inner) for key, inner in _flat(value))
        else:
            yield ROOT, section, value


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value and key not in _WHOLE:
            yield from ((f"{key}.{inner}", leaf) for inner, leaf in _flat(value))
        else:
            yield key, value


def _dotted(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key


def _read(section: str, key: str, value: Any) -> Iterator[_Given]:
    origin = _dotted(section, key)
    if key in UNUSED.get(section, ()):
        return
    native = Spelling((origin,), lambda same: same, NATIVE_RANK)
    spelling = SPELLINGS.get(section, {}).get(key, native)
    for setting in spelling.settings:
        yield _Given(setting, spelling.rank, origin, spelling.convert(value))


def _unused_sections(values: Mapping[str, Any]) -> Iterator[str]:
    for section in sorted(UNUSED_SECTIONS & values.keys()):
        value = values[section]
        if not (isinstance(value, Mapping) and value.get("enabled") is False):
            yield section


def _unused(leaves: Iterable[tuple[str, str, Any]]) -> Iterator[str]:
    for section, key, value in leaves:
        if key in UNUSED.get(section, ()) and not is_quiet(key, value):
            yield _dotted(section, key)


def _no_hands_unless_asked(given: Iterable[_Given]) -> list[_Given]:
    """Files that spell one detector alone mean that one alone."""
    spelt = {one.setting: one for one in given if one.rank != NATIVE_RANK}
    if "adetailer.face.model" not in spelt or "adetailer.hand.enabled" in spelt:
        return []
    origin = spelt["adetailer.face.model"].origin
    return [_Given("adetailer.hand.enabled", LAST_RANK, origin, value=False)]


def _winners(given: Iterable[_Given]) -> dict[str, _Given]:
    """Return what holds for each setting: blanks give way, then the lower rank holds."""
    by_strength = sorted(given, key=lambda one: (one.value in (None, ""), one.rank))
    winners: dict[str, _Given] = {}
    for one in by_strength:
        winners.setdefault(one.setting, one)
    return winners


def _overruled(given: Iterable[_Given], winners: Mapping[str, _Given]) -> Iterator[str]:
    for one in given:
        if one.value not in (None, "", winners[one.setting].value):
            yield one.origin


def _put(layer: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        inner = layer.setdefault(key, {})
        layer = inner if isinstance(inner, dict) else {}
    layer[path[-1]] = value


def _list_stages(options: dict[str, Any]) -> None:
    """Turn switches for each stage into the list of stages."""
    for name in _STAGE_LISTS:
        if isinstance(switches := options.get(name), dict):
            options[name] = [stage for stage in STAGE_NAMES if switches.get(stage)]
