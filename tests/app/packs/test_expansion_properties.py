"""What holds of every expansion, whatever the pack."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PackError
from app.planning.packs import MAX_JOBS, PromptPack, PromptVariant, expand, load_pack
from app.planning.packs.model import Mode, Place, Prompt, Slot, Slots

NAMES = ("job", "place", "time of day")
WORDS = st.text("abcdefgh xyz,", min_size=1, max_size=12)
VALUES = st.lists(WORDS, min_size=1, max_size=5).map(tuple)
PIECES = st.one_of(
    WORDS,
    st.sampled_from(["[[job]]", "[[ Place ]]", "[[Time-of-day]]", "__sky__", "__land/sea__"]),
    st.sampled_from(["<lora:ink:0.6>", "<embedding:good>", "<embedding:bad:0.8>"]),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map(" ".join)
MODES = st.sampled_from(Mode)
LEFT_OVER = re.compile(r"\[\[|\]\]|__|<embedding")


def prompt(number: int, text: str, negative: str) -> Prompt:
    """A prompt of the pack p.txt."""
    return Prompt(text=text, negative=negative, place=Place(path=Path("p.txt"), line=number))


@st.composite
def packs(draw: st.DrawFn, modes: st.SearchStrategy[Mode] = MODES) -> PromptPack:
    """A pack in which every reference has its values."""
    texts = draw(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
    slots = tuple(Slot(name=name, values=draw(VALUES)) for name in NAMES)
    wild = tuple(Slot(name=name, values=draw(VALUES)) for name in ("sky", "land/sea"))
    return PromptPack(
        pack_id="p",
        path=Path("p.txt"),
        prompts=tuple(prompt(n, *both) for n, both in enumerate(texts, start=1)),
        matrix=Slots(slots=slots, mode=draw(modes), limit=draw(st.integers(0, 6))),
        wildcards=Slots(slots=wild, mode=Mode.RANDOM, limit=1),
    )


def run(pack: PromptPack, seed: int = 0) -> list[PromptVariant]:
    """Expand without further settings."""
    return expand(pack, preset={}, user={}, seed=seed)


def used(text: str, pack: PromptPack) -> int:
    """How many combinations the tokens in a prompt have."""
    both = re.sub(r"[\s-]", "", text).casefold()
    return math.prod(
        len(slot.values)
        for slot in pack.matrix.slots
        if f"[[{slot.name.replace(' ', '')}]]" in both
    )


def taken(pack: PromptPack, combinations: int) -> int:
    """How many jobs a prompt with that many combinations makes."""
    matrix = pack.matrix
    if matrix.mode in (Mode.ROTATE, Mode.SEQUENTIAL):
        return 1
    return min(combinations, matrix.limit or combinations)


@given(packs())
def test_counts_are_products_within_the_limit(pack: PromptPack) -> None:
    """A prompt makes the product of its slots' values, at most the limit; or one."""
    combinations = [used(f"{p.text} {p.negative}", pack) for p in pack.prompts]
    assert len(run(pack)) == sum(taken(pack, count) for count in combinations)


@given(packs(), st.integers(0, 2**32))
def test_the_same_seed_makes_the_same_jobs(pack: PromptPack, seed: int) -> None:
    """All that is random comes from the seed."""
    assert run(pack, seed) == run(pack, seed)


@given(packs())
def test_no_reference_is_left(pack: PromptPack) -> None:
    """Nothing that the WebUI would take literally goes out."""
    for variant in run(pack):
        assert not LEFT_OVER.search(variant.prompt + variant.negative_prompt)


@given(packs())
def test_every_job_says_which_it_is(pack: PromptPack) -> None:
    """Row and variant together are unique, and count from 1 without a gap."""
    places = [(v.row, v.variant) for v in run(pack)]
    assert places == sorted(set(places))
    for row in {row for row, _ in places}:
        numbers = [variant for r, variant in places if r == row]
        assert numbers == list(range(1, len(numbers) + 1))


@given(packs(modes=st.sampled_from([Mode.FANOUT, Mode.RANDOM])))
def test_no_combination_is_taken_twice(pack: PromptPack) -> None:
    """Within a prompt all combinations differ, by position if not by value."""
    given_matrix = pack.matrix
    distinct = tuple(
        Slot(name=s.name, values=tuple(f"{n}" for n in range(len(s.values))))
        for s in given_matrix.slots
    )
    matrix = Slots(slots=distinct, mode=given_matrix.mode, limit=given_matrix.limit)
    variants = run(PromptPack(pack_id="p", path=pack.path, prompts=pack.prompts, matrix=matrix,
                              wildcards=pack.wildcards))  # fmt: skip
    for row in {v.row for v in variants}:
        chosen = [tuple(v.choices.get(name) for name in NAMES) for v in variants if v.row == row]
        assert len(chosen) == len(set(chosen))


@given(
    pack=packs(),
    token=st.sampled_from(["[[nowhere]]", "__nowhere__"]),
    in_negative=st.booleans(),
)
def test_a_reference_that_leads_nowhere_is_named(
    pack: PromptPack, token: str, *, in_negative: bool
) -> None:
    """Wherever it stands, it is an error that names it and its line, and no job is made."""
    text, negative = ("fine", token) if in_negative else (f"{token} here", "")
    line = len(pack.prompts) + 1
    broken = (*pack.prompts, prompt(line, text, negative))
    with pytest.raises(PackError) as error:
        run(PromptPack(pack_id="p", path=pack.path, prompts=broken, matrix=pack.matrix,
                       wildcards=pack.wildcards))  # fmt: skip
    assert token in str(error.value)
    assert error.value.line == line


@given(st.integers(1, 200), st.integers(1, 200))
def test_the_ceiling_holds_exactly(rows: int, columns: int) -> None:
    """A pack makes all of its jobs or is refused; it is never cut."""
    slots = tuple(
        Slot(name=name, values=tuple(map(str, range(size))))
        for name, size in (("a", rows), ("b", columns))
    )
    matrix = Slots(slots=slots, mode=Mode.FANOUT)
    pack = PromptPack(
        pack_id="p", path=Path("p.txt"), prompts=(prompt(1, "[[a]] [[b]]", ""),), matrix=matrix
    )
    if rows * columns > MAX_JOBS:
        with pytest.raises(PackError, match="combinations of a"):
            run(pack)
    else:
        assert len(run(pack)) == rows * columns


def jobs_or_sentence(path: Path) -> list[PromptVariant] | str:
    """The jobs of a pack, or what is said of it."""
    try:
        return run(load_pack(path))
    except PackError as error:
        return str(error)


@given(st.text(max_size=60))
def test_any_text_makes_jobs_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Whatever stands in a pack, it is read or refused with the file's name."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    outcome = jobs_or_sentence(path)
    assert outcome
    assert isinstance(outcome, list) or outcome.startswith(str(path))
