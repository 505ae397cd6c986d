"""File names hold on Linux, macOS and Windows, whatever a prompt is called."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigurationError
from app.storage.names import ImageLabel, check_template, file_stem, safe_part


def label(**changes: object) -> ImageLabel:
    """Return a label of one image, changed where asked."""
    plain = {"job_id": "0123456789abcdef", "stage": "txt2img", "index": 0, "seed": 42}
    made_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return ImageLabel(**(plain | {"made_at": made_at, "name": "Hero"} | changes))  # type: ignore[arg-type]


def test_a_name_says_prompt_job_stage_and_seed() -> None:
    """The default template tells images of one job apart, and jobs of one prompt."""
    assert file_stem("{name}-{job}-{stage}-{index}-{seed}", label()) == (
        "Hero-0123456789ab-txt2img-0-42"
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("COM1", "_COM1"),
        ("a/b\\c:d", "a-b-c-d"),
        ("../../etc/passwd", "etc-passwd"),
        ("trailing. . ", "trailing"),
        ("two\nlines\tand\x00more", "two-lines-and-more"),
        ("e\u0301t\u00e9", "\u00e9t\u00e9"),
        ("evil\u202egnp.exe", "evil-gnp.exe"),
        ("", ""),
    ],
)
def test_a_difficult_name_becomes_a_safe_one(name: str, safe: str) -> None:
    """What one platform reserves, forbids or hides does not get into a name."""
    assert safe_part(name, 48) == safe


@given(st.text(), st.integers(8, 60))
def test_any_text_becomes_a_short_name_in_one_folder(text: str, max_bytes: int) -> None:
    """No text leaves its folder, ends in a dot or space, or grows past the limit."""
    safe = safe_part(text, max_bytes)
    assert not set(safe) & set('<>:"/\\|?* \n\t\0')
    assert safe == safe.strip(". ")
    assert len(safe.encode()) <= max_bytes + 1


@given(st.text(), st.integers(8, 60))
def test_a_safe_name_stays_as_it_is(text: str, max_bytes: int) -> None:
    """Making a name safe twice changes nothing more."""
    once = safe_part(text, max_bytes)
    assert safe_part(once, max_bytes + 1) == once


def test_a_label_without_a_name_is_called_after_its_pack() -> None:
    """There is always something readable in front."""
    assert file_stem("{name}", label(name="", pack="castles")) == "castles"
    assert file_stem("{name}", label(name="", pack="")) == "image"


def test_a_missing_field_leaves_no_gap() -> None:
    """Fields that a label does not have vanish with their hyphen."""
    assert file_stem("{name}-{row}-{variant}-{index}", label()) == "Hero-0"


def test_every_field_that_the_refusal_lists_can_be_used() -> None:
    """The names that the error message lists are the ones there are."""
    with pytest.raises(ConfigurationError) as caught:
        check_template("{nope}")
    listed = str(caught.value).rpartition("there are ")[2].split(", ")
    assert "name" in listed
    assert all(file_stem(f"{{{name}}}", label()) for name in listed)


@pytest.mark.parametrize("template", ["{nope}", "{}", "{name", "a/{name}", "..\\{name}"])
def test_a_bad_template_is_refused(template: str) -> None:
    """A template with an unknown field, a stray brace or a folder is refused by name."""
    with pytest.raises(ConfigurationError, match="file name template"):
        check_template(template)
