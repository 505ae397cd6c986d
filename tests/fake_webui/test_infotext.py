"""Infotexts: written and read back without loss."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_webui.webui.infotext import quote, read_infotext, unquote, write_infotext

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)
LINES = st.lists(WORDS, max_size=4).map(" ".join)
NAMES = st.from_regex(r"[A-Z][a-z]{2,8}( [a-z]{1,8})?", fullmatch=True)
VALUES = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), LINES
)


@given(LINES, LINES, st.dictionaries(NAMES, VALUES, min_size=3, max_size=8))
def test_what_was_written_is_read(prompt: str, negative: str, pairs: dict[str, Any]) -> None:
    """Prompt, negative prompt and every pair that has a value in it."""
    kept = {name: value for name, value in pairs.items() if is_plain(value) and name != value}
    if len(kept) >= 3 and not negative.startswith("Negative prompt:"):
        read = read_infotext(write_infotext(prompt, negative, kept))
        assert (read["Prompt"], read["Negative prompt"]) == (prompt, negative)
        assert {name: read[name] for name in kept} == {n: str(v) for n, v in kept.items()}


def is_plain(value: Any) -> bool:
    """Return whether a value has a form of its own: not a size, not quoted, not empty."""
    text = str(value)
    return (
        bool(text)
        and text == text.strip()
        and '"' not in text
        and "\\" not in text
        and (not text[0].isdigit() or "x" not in text)
    )


@given(st.text())
def test_quoting_loses_nothing(text: str) -> None:
    """What needed quotation marks is the same without them."""
    quoted = quote(text)
    assert quoted == text or unquote(quoted) == text


@pytest.mark.parametrize(
    ("infotext", "expected"),
    [
        ("a\nNegative prompt: b\nc\nSteps: 1, Sampler: X, CFG scale: 2",
         {"Prompt": "a", "Negative prompt": "b\nc", "Steps": "1"}),
        ("a\n\nb\nSteps: 1, Sampler: X, CFG scale: 2", {"Prompt": "a\n\nb"}),
        ("Steps: 1, Sampler: X", {"Prompt": "Steps: 1, Sampler: X"}),
        ("a\nSteps: 1, Sampler: X, Size: 10x20", {"Size-1": "10", "Size-2": "20"}),
        ('a\nSteps: 1, Sampler: X, Note: "b: c, d"', {"Note": "b: c, d"}),
        ("(a:1.2)\nSteps: 1, Sampler: X, CFG scale: 2", {"Emphasis": "Original"}),
        ("a\nSteps: 1, Sampler: X, Size: 1024x1024, First pass size: 0x0",
         {"Size-1": 512, "Size-2": 512, "Hires resize-1": 1024, "Hires resize-2": 1024}),
        ("[a:b:1]\nSteps: 1, Sampler: DDIM, CFG scale: 2, Version: v1.5.1",
         {"Old prompt editing timelines": True, "Pad conds v0": True,
          "Downcast alphas_cumprod": True}),
        ("a\nSteps: 1, Refiner: x, CFG scale: 2, Version: 1.7.0",
         {"Refiner switch by sampling steps": True}),
        ("a\nSteps: 1, Refiner: x, CFG scale: 2, Version: v1.10.1",
         {"Refiner switch by sampling steps": False}),
        ("", {"Prompt": "", "Clip skip": "1", "Schedule type": "Automatic"}),
    ],
)  # fmt: skip
def test_infotexts_of_all_ages_are_read(infotext: str, expected: dict[str, Any]) -> None:
    """With what newer versions assume of what older ones left out."""
    read = read_infotext(infotext)
    assert {name: read[name] for name in expected} == expected


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Whatever a picture carries, there is a prompt in the end."""
    assert isinstance(read_infotext(text)["Prompt"], str)
