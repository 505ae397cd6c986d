"""How one kind of WebUI differs from A1111."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.webui.inventory import Inventory

Payload = Mapping[str, Any]
Info = Mapping[str, Any]


def _as_it_is(values: Mapping[str, Any], inventory: Inventory) -> Payload:  # noqa: ARG001 - a policy
    return values


def _as_told(info: Info) -> Info:
    return info


@dataclass(frozen=True, slots=True, kw_only=True)
class WebUIKind:
    """One kind of WebUI.

    Args:
        name: what it is called.
        mark: a path that it has and the other kinds lack.
        version_path: where it tells its version.
        version_keys: under which keys of that answer.
        vaes_path: where it lists what takes the place of VAEs.
        knows_tasks: whether it can be asked for a request by `force_task_id`. Where it can't, an
            open request of ours, sent under the execution lock, is what it works on.
        names: its own names of samplers and upscalers, by A1111's.
        schedulers: the names of its schedulers, where it has no list of them.
        takes_adetailer: whether the extension ADetailer can be installed on it.
        takes_titles: whether it is sent the titles of checkpoints, whatever the user called them.
        ignored: fields of a payload that it does not know, so that they would have no effect.
        request: turns a payload into one that asks it for the same.
        info: puts an answer's `info` under A1111's keys.
    """

    name: str
    mark: str = ""
    version_path: str = "/internal/sysinfo"
    version_keys: tuple[str, ...] = ("Version",)
    vaes_path: str = "/sdapi/v1/sd-vae"
    knows_tasks: bool = True
    names: Mapping[str, str] = field(default_factory=dict)
    schedulers: tuple[str, ...] = ()
    takes_adetailer: bool = True
    takes_titles: bool = False
    ignored: frozenset[str] = frozenset()
    request: Callable[[Payload, Inventory], Payload] = _as_it_is
    info: Callable[[Info], Info] = _as_told
