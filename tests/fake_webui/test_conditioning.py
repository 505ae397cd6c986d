"""Prompts on their way to the encoder: editing, networks, and what infotexts say of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_webui import FakeWebUI
from fake_webui.webui.processing.schedules import joined_prompts, schedule, timeline
from tests.fake_webui.generating import post, txt2img

EMBEDDED = 'TI hashes: "goodhands: 5a8f1c7de902"'
INK = 'Lora hashes: "ink: 5d1f7a2b9c04"'
LONG = "word " * 100


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("a cat", {4: "a cat"}),
        ("[cat:dog:0.5]", {2: "cat", 4: "dog"}),
        ("[cat:dog:3] x", {3: "cat x", 4: "dog x"}),
        ("[dog:1]", {1: "", 4: "dog"}),
        ("[cat::0.5]", {2: "cat", 4: ""}),
        ("[a|b]", {1: "a", 2: "b", 3: "a", 4: "b"}),
        ("[[a:b:0.5]:c:0.8]", {2: "a", 3: "b", 4: "c"}),
        ("(cat:1.3) [x]", {4: "(cat:1.3) [x]"}),
        ("[a:b:-1]", {4: "b"}),
        ("[a:b:0.1]", {4: "b"}),
        ("((cat [a:b]", {4: "((cat [a:b]"}),
        ("a|[a:b:0.5]", {4: "a|[a:b:0.5]"}),
    ],
)
def test_prompts_change_on_their_way(prompt: str, texts: dict[int, str]) -> None:
    """Each text is in force up to its step; what can't be read stays as it is."""
    assert dict(schedule(prompt, timeline(4))) == texts


@given(st.text("[]():|a 1.\\", max_size=20), st.integers(1, 9))
def test_any_prompt_has_a_text_for_each_step(prompt: str, steps: int) -> None:
    """The last text is in force at the last step, and none comes twice."""
    ends = [end for end, _ in schedule(prompt, timeline(steps))]
    assert ends == sorted(set(ends))
    assert ends[-1] == steps


@pytest.mark.parametrize("prompt", ["(" * 5000, "[" * 5000 + "]" * 5000, "[a|b]" * 500])
def test_prompts_of_nothing_but_brackets_are_no_work(fake: FakeWebUI, prompt: str) -> None:
    """Brackets are looked into to a depth, and texts change as often as there are steps."""
    txt2img(fake, prompt=prompt, steps=10**9)


def test_a_second_pass_counts_on_after_the_first() -> None:
    """Whole positions are steps of both passes together, shares above 1 those of the second."""
    second = timeline(10, 4)
    assert dict(schedule("[a:b:12]", second)) == {2: "a", 4: "b"}
    assert dict(schedule("[a:b:1.5]", second)) == {2: "a", 4: "b"}
    assert dict(schedule("[a:b:5]", second)) == {4: "b"}


def test_prompts_joined_by_and_are_encoded_alone() -> None:
    """Their weights are no part of them."""
    assert joined_prompts("cat:1.2 AND dog : -0.5 AND sand") == ["cat", " dog", " sand"]


@pytest.mark.parametrize(
    ("asked", "notes"),
    [
        ({"prompt": "goodhands"}, EMBEDDED),
        ({"prompt": "[goodhands:cat:0.5]"}, EMBEDDED),
        ({"prompt": "[goodhands:cat:0.5]", "steps": 1}, ""),
        ({"prompt": "goodhands", "negative_prompt": "goodhands"},
         'TI hashes: "goodhands: 5a8f1c7de902, goodhands: 5a8f1c7de902"'),
        ({"prompt": "goodhands", "override_settings": {"use_old_emphasis_implementation": True}},
         ""),
        ({"prompt": "(cat)", "override_settings": {"emphasis": "Ignore"}}, "Emphasis: Ignore"),
        ({"prompt": "[cat::0.5]", "override_settings": {"emphasis": "Ignore"}}, ""),
        ({"prompt": "<lyco:ink:1>"}, INK),
        ({"prompt": "[a:b:1.5]", "override_settings": {"use_old_scheduling": True}},
         "Old prompt editing timelines: True"),
    ],
)  # fmt: skip
def test_infotexts_tell_what_was_encoded(
    fake: FakeWebUI, asked: dict[str, Any], notes: str
) -> None:
    """Not what the prompt says, but what is left of it at the steps that there are."""
    assert txt2img(fake, **asked).notes == notes


def test_what_is_still_encoded_is_not_noted_again(fake: FakeWebUI) -> None:
    """The same prompt and steps a second time has no hash; other steps have it."""
    assert txt2img(fake, prompt="goodhands").notes == EMBEDDED
    assert txt2img(fake, prompt="goodhands").notes == ""
    assert txt2img(fake, prompt="goodhands", steps=3).notes == EMBEDDED


def test_nothing_is_kept_without_the_cache(fake: FakeWebUI) -> None:
    """An option says at the end of a request whether a result outlives it."""
    post(fake, "options", {"persistent_cond_cache": False})
    for _ in range(2):
        assert txt2img(fake, prompt="goodhands").notes == EMBEDDED


def test_hires_prompts_are_noted_with_the_next_batch(fake: FakeWebUI) -> None:
    """What only the second pass encodes is missing from the first picture's infotext."""
    hires = {"enable_hr": True, "denoising_strength": 0.5, "hr_prompt": "goodhands", "n_iter": 2}
    first, second = txt2img(fake, **hires).infotexts
    assert "TI hashes" not in first
    assert EMBEDDED in second


@pytest.mark.parametrize(
    ("option", "prompt", "notes"),
    [
        ("pad_cond_uncond", LONG, "Pad conds: True"),
        ("pad_cond_uncond_v0", LONG, "Pad conds v0: True"),
        ("pad_cond_uncond", "a BREAK b", "Pad conds: True"),
        ("pad_cond_uncond", "a cat", ""),
    ],
)
def test_prompts_of_unlike_length_are_padded(
    fake: FakeWebUI, option: str, prompt: str, notes: str
) -> None:
    """The infotext says so where the options have it done."""
    assert txt2img(fake, prompt=prompt, override_settings={option: True}).notes == notes


def test_the_options_add_a_lora_to_every_prompt(fake: FakeWebUI) -> None:
    """Each picture's prompt ends with its tag, once."""
    answer = txt2img(fake, n_iter=2, override_settings={"sd_lora": "ink"})
    assert answer.info["all_prompts"] == ["a cat<lora:ink:1.0>"] * 2
    assert INK in answer.infotexts[0]
