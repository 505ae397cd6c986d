"""The WebUI's settings: what they are by default, what was set, and the traps in setting them."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from fake_webui.config.settings import ALL, NONE
from fake_webui.contract.coercion import type_of_option
from fake_webui.errors import HandlerError, InvalidRequestError
from fake_webui.webui.extension import Extension
from fake_webui.webui.policy import A1111, Policy

# Texts on the settings page that look like options and can't be set.
READ_ONLY: Final = frozenset(
    {
        "profiling_explanation",
        "sd_vae_explanation",
        "infotext_explanation",
        "settings_in_ui",
        "hypertile_explanation",
    }
)
# Options that the API silently leaves alone.
NOT_BY_API: Final = frozenset({"api_enable_requests", "api_forbid_local_requests", "api_useragent"})
PAGE_SCRIPT: Final = "enable_prompt_comments"  # of a script that adds it when extensions do


def default_options(extensions: Iterable[Extension] = (), policy: Policy = A1111) -> dict[str, Any]:
    """Return every option with its default, in the order that the real server lists them."""
    found = dict(policy.table("options"))
    for extension in extensions:
        found |= extension.options
    return found


def listed_options(extensions: Sequence[Extension], policy: Policy = A1111) -> dict[str, Any]:
    """Return the options that `GET options` and the OpenAPI document have, with their defaults."""
    found, late = default_options(extensions, policy), set[str]()
    if any(extension.early for extension in extensions):
        late = {PAGE_SCRIPT, *options_of_extensions(extensions, policy)}
    elif not policy.lists_extension_options:
        late = set(options_of_extensions(extensions, policy))
    return {key: value for key, value in found.items() if key not in late}


def options_of_extensions(extensions: Iterable[Extension], policy: Policy = A1111) -> list[str]:
    """Return the names of the options that extensions added, the built-in ones too."""
    own = [key for extension in extensions for key in extension.options]
    built_in = policy.extension_options
    return own + [key for key in policy.table("options") if key.startswith(built_in)]


class Options:
    """Thread-safe settings.

    An option that was never set answers with its default as it is; one that was set goes through
    validation when read, so that whole numbers come back as floats and a value of the wrong type
    makes reading all of them fail. Those of extensions count as set from the start.
    """

    def __init__(
        self,
        extensions: Sequence[Extension],
        initial: Mapping[str, Any],
        saved: str | Sequence[str] = NONE,
        policy: Policy = A1111,
    ) -> None:
        """Start with `initial` values set, and with those that are `saved`: all, none or these."""
        self._defaults = default_options(extensions, policy)
        self._listed = listed_options(extensions, policy)
        self._types_defaults = policy.types_defaults
        self._dialect = policy.dialect
        self._initial = dict(initial)
        names = (
            {ALL: tuple(self._defaults), NONE: ()}.get(saved) if isinstance(saved, str) else saved
        )
        saved_names = {*(names or ()), *options_of_extensions(extensions, policy)} - READ_ONLY
        self._at_start = {k: one for k, one in self._defaults.items() if k in saved_names}
        self._at_start.update(initial)
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything that was set since the start."""
        with self._lock:
            self._set = dict(self._at_start)
            self._values = self._defaults | self._set
            self._touched = dict.fromkeys(self._initial)

    def get(self, key: str) -> Any:
        """Return what was set, or the default.

        Raises:
            KeyError: if there is no such option.
        """
        return self._values[key]

    def default(self, key: str) -> Any:
        """Return what an option is as long as nobody sets it.

        Raises:
            KeyError: if there is no such option.
        """
        return self._defaults[key]

    def has(self, key: str) -> bool:
        """Return whether there is such an option."""
        return key in self._defaults

    def keys(self) -> list[str]:
        """Return the names of all options."""
        return list(self._defaults)

    def keys_set(self) -> list[str]:
        """Return the names of those that were set since the start, or have a value configured."""
        with self._lock:
            return list(self._touched)

    def assign(self, key: str, value: Any) -> None:
        """Store a value, whatever it is: how the server itself sets an option."""
        with self._lock:
            self._put({key: value})
            self._touched[key] = None

    def _put(self, values: Mapping[str, Any]) -> None:
        self._set.update(values)
        self._values.update(values)

    def set(self, key: str, value: Any) -> bool:
        """Store a value as the API does; return whether anything changed.

        Raises:
            HandlerError: KeyError, if there is no such option and the value isn't null.
        """
        with self._lock:
            if key in self._set and same(self._set[key], value):
                return False
            if key not in self._set and value is None:
                return False
            if key not in self._defaults:
                raise HandlerError("KeyError", repr(key))
            if key in READ_ONLY or key in NOT_BY_API:
                return False
            self._put({key: value})
            self._touched[key] = None
            return True

    def post(
        self,
        values: Mapping[str, Any],
        on_change: Callable[[str], None],
        to_store: Callable[[str, Any], Any],
    ) -> None:
        """Store several values in order; those before a refused one stay applied.

        `to_store` returns what is stored for a name and its value, `on_change` is called with the
        name of each option that changed.

        Raises:
            HandlerError: KeyError, if there is no such option.
        """
        for key, value in values.items():
            if self.set(key, to_store(key, value)):
                on_change(key)

    def snapshot(self) -> dict[str, Any]:
        """Return all options as `GET options` shows them.

        Raises:
            HandlerError: ValidationError, if one was set to a value of the wrong type.
        """
        stored = self._stored()
        shown, details = {}, []
        for key, default in self._listed.items():
            if self._types_defaults:
                stored.setdefault(key, default)
            try:
                shown[key] = self._shown(key, default, stored)
            except InvalidRequestError as error:
                details.extend(error.details)
        if details:
            raise self._dialect.failure("Options", details, self._stored())
        return shown

    def _shown(self, key: str, default: Any, stored: Mapping[str, Any]) -> Any:
        value = stored.get(key, default)
        kind = type_of_option(default)
        if key not in stored or value is None or kind is None:
            return value
        return self._dialect.type(kind).coerce(value, ("response", key))

    def _stored(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._set)

    @contextmanager
    def overridden(self, values: Mapping[str, Any], *, restore: bool = True) -> Iterator[None]:
        """Set options for the time of a generation; only those set before are put back.

        Raises:
            HandlerError: KeyError, if there is no such option.
        """
        with self._lock:
            before = {key: self._set[key] for key in values if key in self._set}
        try:
            for key, value in values.items():
                self.set(key, value)
            yield
        finally:
            if restore:
                with self._lock:
                    self._put(before)


def same(stored: Any, value: Any) -> bool:
    """Return whether a value counts as unchanged; `1`, `1.0` and `true` are the same."""
    return bool(stored == value)
