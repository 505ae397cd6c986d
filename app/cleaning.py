"""The one place that says which characters of the outside world the app keeps.

Control characters but newline and tab, and lone surrogates, never reach a terminal, a file name
or the database.
"""

import re
from typing import Any

_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Return text without control characters and lone surrogates; a line ends with a newline."""
    if text.isprintable():
        return text
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def is_utf8(word: str) -> bool:
    """Return whether a word from the system was UTF-8; what was not came in as surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in word)


def readable(word: str) -> str:
    """Return a word that is not UTF-8 with a sign in the place of each byte that is none."""
    return word.encode(errors="replace").decode()


def is_clean(value: Any) -> bool:
    """Return whether a JSON value is one that cleaning leaves as it is."""
    if "\\" not in repr(value):  # it would escape what can't be printed; this is soon said
        return True
    if isinstance(value, str):
        return value.isprintable() or clean(value) == value
    if isinstance(value, dict):
        return all(map(is_clean, value)) and all(map(is_clean, value.values()))
    return not isinstance(value, list | tuple) or all(map(is_clean, value))


def clean_json(value: Any) -> Any:
    """Return a JSON value with every text in it cleaned, keys too.

    Raises:
        RecursionError: if it is nested too deeply.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean_json(key): clean_json(item) for key, item in value.items()}
    return value
