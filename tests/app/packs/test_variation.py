"""The matrix in its modes, search and replace, wildcards."""

from pathlib import Path
from typing import Any

import pytest

from app.errors import PackError
from app.planning.packs import PromptVariant
from tests.app.packs.conftest import Expand, Write

TWO_BY_TWO = {"a": ["1", "2"], "b": ["x", "y"]}


def prompts(variants: list[PromptVariant]) -> list[str]:
    """What is sent, of each."""
    return [variant.prompt for variant in variants]


@pytest.fixture
def with_matrix(write: Write, expand_pack: Expand) -> Expand:
    """Expand a text with a matrix."""

    def run(text: str, seed: int = 1, **matrix: Any) -> list[PromptVariant]:
        write("p.txt", text)
        write("p.json", {"pack_data": {"matrix": {"slots": TWO_BY_TWO} | matrix}})
        return expand_pack(seed=seed)

    return run


def test_fanout_makes_every_combination(with_matrix: Expand) -> None:
    """Each prompt is made with every combination, the last slot turning fastest."""
    assert prompts(with_matrix("[[a]][[b]]", mode="fanout")) == ["1x", "1y", "2x", "2y"]


def test_ten_prompts_with_four_combinations_are_forty_jobs(with_matrix: Expand) -> None:
    """Prompts and combinations multiply."""
    assert len(with_matrix("a [[a]] [[b]]\n\n" * 10, mode="fanout")) == 40


def test_fanout_with_a_limit_takes_the_first(with_matrix: Expand) -> None:
    """A limit counts for each prompt; 0 is none."""
    assert prompts(with_matrix("[[a]][[b]]\n\n[[b]]", limit=3)) == ["1x", "1y", "2x", "x", "y"]
    assert len(with_matrix("[[a]][[b]]", limit=0)) == 4


def test_only_the_slots_that_a_prompt_uses_count(with_matrix: Expand) -> None:
    """A prompt without a token is one job, one with a single slot as many as it has values."""
    assert prompts(with_matrix("plain\n\nonly [[b]]")) == ["plain", "only x", "only y"]


def test_sequential_gives_each_prompt_the_next_combination(with_matrix: Expand) -> None:
    """One job a prompt, going round within the limit."""
    assert prompts(with_matrix("[[a]][[b]]\n\n" * 5, mode="sequential")) == [
        "1x", "1y", "2x", "2y", "1x",
    ]  # fmt: skip
    assert prompts(with_matrix("[[a]][[b]]\n\n" * 3, mode="sequential", limit=2)) == [
        "1x", "1y", "1x",
    ]  # fmt: skip


def test_rotate_gives_each_job_the_next_combination(write: Write, expand_pack: Expand) -> None:
    """Where search and replace fans out, every one of its jobs turns the matrix on."""
    replacing = {"mode": "fanout", "rules": [{"search": "sea", "replacements": ["lake", "bay"]}]}
    matrix = {"mode": "rotate", "slots": {"a": ["1", "2", "3"]}}
    write("p.txt", "sea [[a]]\n\nsea [[a]]")
    write("p.json", {"pack_data": {"matrix": matrix, "prompt_sr": replacing}})
    assert prompts(expand_pack()) == ["lake 1", "bay 2", "lake 3", "bay 1"]


def test_random_draws_distinct_combinations_by_the_seed(with_matrix: Expand) -> None:
    """`limit` of them, or all in some order; the same seed draws the same."""
    drawn = prompts(with_matrix("[[a]][[b]]", mode="random", limit=2, seed=5))
    assert len(set(drawn)) == 2
    assert prompts(with_matrix("[[a]][[b]]", mode="random", limit=2, seed=5)) == drawn
    assert sorted(prompts(with_matrix("[[a]][[b]]", mode="random"))) == ["1x", "1y", "2x", "2y"]


@pytest.mark.parametrize("token", ["[[time of day]]", "[[Time-Of-Day]]", "[[ timeofday ]]"])
def test_slot_names_match_without_case_spaces_and_hyphens(with_matrix: Expand, token: str) -> None:
    """A token finds its slot however it is spelt; the choice has the slot's own name."""
    (variant,) = with_matrix(token, slots={"Time of day": ["dawn"]})
    assert variant.prompt == "dawn"
    assert variant.choices == {"Time of day": "dawn"}


def test_names_and_negatives_are_filled_in_with_the_same_choices(with_matrix: Expand) -> None:
    """All texts of one job speak of the same combination."""
    last = with_matrix("name: n[[a]]\np[[a]]\nneg: m[[a]]")[-1]
    assert (last.name, last.prompt, last.negative_prompt) == ("n2", "p2", "m2")


def test_a_value_may_hold_a_token_of_its_own(with_matrix: Expand) -> None:
    """Tokens in values are filled in too."""
    slots = {"a": ["<[[b]]>"], "b": ["1", "2"]}
    assert prompts(with_matrix("[[a]]", slots=slots)) == ["<1>", "<2>"]


def test_a_value_that_leads_back_to_its_slot_is_an_error(with_matrix: Expand) -> None:
    """A circle is found, not followed."""
    with pytest.raises(PackError, match="lead back to itself"):
        with_matrix("[[a]]", slots={"a": ["[[b]]"], "b": ["[[a]]"]})


def test_a_token_without_a_slot_is_named(with_matrix: Expand) -> None:
    """The error names the token as written and the slots that there are."""
    with pytest.raises(PackError, match=r"p\.txt:1: \[\[Job\]\] has no slot; there is a, b"):
        with_matrix("a [[Job]]")


@pytest.mark.parametrize(
    "text", ["[[a]][[b]]", "[[a]]\n\n" * 90], ids=["one prompt", "many prompts"]
)
def test_too_many_jobs_are_an_error_not_a_cut(with_matrix: Expand, text: str) -> None:
    """More than 8,192 jobs from one pack are refused with what to do."""
    hundred = [str(number) for number in range(100)]
    with pytest.raises(PackError, match="at most 8,192 jobs: set a limit"):
        with_matrix(text, slots={"a": hundred, "b": hundred})


def test_a_limit_makes_a_huge_matrix_possible(with_matrix: Expand) -> None:
    """Combinations are counted, not listed: three slots of thousands of values are fine."""
    many = [str(number) for number in range(5000)]
    for mode in ("fanout", "random"):
        assert len(with_matrix("[[a]][[b]]", slots={"a": many, "b": many}, mode=mode, limit=7)) == 7


def test_search_and_replace_draws_one_for_each_job(write: Write, expand_pack: Expand) -> None:
    """With mode random one is drawn for each prompt; what was drawn is kept with the job."""
    write("p.txt", "the sea\n\n" * 30)
    rules = {"mode": "random", "slots": {"sea": ["lake", "bay"]}}
    write("p.json", {"pack_data": {"prompt_sr": rules}})
    variants = expand_pack()
    assert {v.prompt for v in variants} == {"the lake", "the bay"}
    assert len(variants) == 30
    assert all(v.prompt == f"the {v.choices['sea =>']}" for v in variants)


def test_what_was_replaced_is_not_replaced_again(write: Write, expand_pack: Expand) -> None:
    """Two rules that name each other's texts swap them."""
    write("p.txt", "cat => dog\ndog => cat\n\na cat and a dog")
    assert expand_pack()[0].prompt == "a dog and a cat"


def test_wildcards_come_from_files_beside_the_pack_or_in_the_home(
    write: Write, packs: Path, expand_pack: Expand
) -> None:
    """`__x__` is a line of wildcards/x.txt; comments and blank lines are none."""
    write("wildcards/sky.txt", "# colours\n\nred\n")
    (packs.parent / "wildcards").mkdir()
    (packs.parent / "wildcards" / "sea.txt").write_text("deep __sky__ sea")
    write("p.txt", "__sky__ over the __sea__")
    (variant,) = expand_pack()
    assert variant.prompt == "red over the deep red sea"
    assert variant.choices == {"__sky__": "red", "__sea__": "deep red sea"}


def test_wildcards_are_drawn_for_each_place(write: Write, expand_pack: Expand) -> None:
    """The same wildcard twice in a prompt is drawn twice."""
    write("p.txt", "__n__: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9\n\n" + "__n__-__n__\n\n" * 20)
    assert any(left != right for left, _, right in (v.prompt.partition("-") for v in expand_pack()))


def test_words_with_underscores_are_no_wildcards(write: Write, expand_pack: Expand) -> None:
    """Only what stands by itself between double underscores is one."""
    write("p.txt", "snake__case__word and __init")
    assert expand_pack()[0].prompt == "snake__case__word and __init"


def test_a_wildcard_can_fan_out(write: Write, expand_pack: Expand) -> None:
    """With mode fanout, every combination of wildcards is made."""
    wildcards = {"mode": "fanout", "slots": {"n": ["1", "2"], "m": ["x", "y"]}}
    write("p.txt", "__n__ __m__")
    write("p.json", {"pack_data": {"wildcards": wildcards}})
    assert prompts(expand_pack()) == ["1 x", "1 y", "2 x", "2 y"]


def test_a_seed_in_the_settings_decides_the_choices(write: Write, expand_pack: Expand) -> None:
    """A job with a fixed seed can be made again, wildcards and all."""
    write("p.txt", "__n__: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9\n\n" + "__n__\n\n" * 20)
    fixed = {"txt2img": {"seed": 77}}
    first = prompts(expand_pack(user=fixed, seed=1))
    assert prompts(expand_pack(user=fixed, seed=2)) == first
    assert prompts(expand_pack(seed=1)) != first
