"""`.txt` and `.tsv` packs, as people write them."""

from pathlib import Path

import pytest

from app.errors import PackError
from tests.app.packs.conftest import Expand, Write

HERO = """\
# hero
name: Hero
<embedding:goodhands>
portrait of a knight at dawn
<lora:ink:0.6>
neg: blurry, extra fingers
neg: <embedding:bad:0.8>
"""


def test_a_block_is_one_prompt(write: Write, expand_pack: Expand) -> None:
    """Lines join with spaces, `neg:` lines make the negative prompt, `name:` names it."""
    write("p.txt", HERO)
    (variant,) = expand_pack()
    assert variant.prompt == "goodhands portrait of a knight at dawn <lora:ink:0.6>"
    assert variant.negative_prompt == "blurry, extra fingers (bad:0.8)"
    assert (variant.name, variant.row, variant.variant) == ("Hero", 1, 1)


def test_blank_lines_separate_prompts_even_with_spaces_in_them(
    write: Write, expand_pack: Expand
) -> None:
    """A line of spaces and tabs is blank; comments and line ends make no prompts."""
    write("p.txt", "\ufeffone\r\nstill one\r\n \t \r\n# only a comment\r\n\r\ntwo")
    assert [v.prompt for v in expand_pack()] == ["one still one", "two"]


def test_a_comment_does_not_split_a_block(write: Write, expand_pack: Expand) -> None:
    """A comment line within a prompt is left out, no more."""
    write("p.txt", "a castle\n  # why not\nby the sea")
    assert [v.prompt for v in expand_pack()] == ["a castle by the sea"]


def test_a_table_has_a_prompt_a_line(write: Write, expand_pack: Expand) -> None:
    """`.tsv` is positive TAB negative; the negative may be left out."""
    write("p.tsv", "# head\ta\na castle\tblurry\n\na <embedding:sea>\n")
    assert [(v.prompt, v.negative_prompt) for v in expand_pack()] == [
        ("a castle", "blurry"),
        ("a sea", ""),
    ]


@pytest.mark.parametrize(
    ("tag", "sent"),
    [
        ("<embedding:x>", "x"),
        ("<Embedding: x >", "x"),
        ("<embedding:x:0.8>", "(x:0.8)"),
        ("<lora:ink:0.6>", "<lora:ink:0.6>"),
        ("<lora:ink>", "<lora:ink>"),
        ("a < b > c", "a < b > c"),
    ],
)
def test_references_are_written_as_the_webui_reads_them(
    write: Write, expand_pack: Expand, tag: str, sent: str
) -> None:
    """Embeddings become bare words, LoRA tags stay, in prompt and negative prompt alike."""
    write("p.txt", f"{tag}\nneg: {tag}")
    (variant,) = expand_pack()
    assert (variant.prompt, variant.negative_prompt) == (sent, sent)


def test_a_text_can_define_its_slots(write: Write, expand_pack: Expand) -> None:
    """A block of definitions is not a prompt; each kind of slot can be written there."""
    write("p.txt", "job: knight | mage\n__sky__: red\nsea => lake\n\na [[job]], __sky__ sea")
    assert [v.prompt for v in expand_pack()] == ["a knight, red lake", "a mage, red lake"]


def test_a_slot_can_stand_among_the_lines_of_a_prompt(write: Write, expand_pack: Expand) -> None:
    """Beside the name, or anywhere else in the block; its line is not part of the prompt."""
    write("p.txt", "name: Hero\njob: knight | mage\na [[job]]\nneg: blurry")
    variants = expand_pack("p.txt")
    assert [v.prompt for v in variants] == ["a knight", "a mage"]
    assert {v.name for v in variants} == {"Hero"}


def test_a_colon_alone_makes_no_definition(write: Write, expand_pack: Expand) -> None:
    """A line that looks like a slot is a prompt as long as no token asks for it."""
    write("p.txt", "landscape: forest | sea")
    assert [v.prompt for v in expand_pack()] == ["landscape: forest | sea"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.txt", "", "p.txt: has no prompts"),
        ("p.txt", "# nothing\n\n  \n", "p.txt: has no prompts"),
        ("p.txt", "a\n\nneg: b", "p.txt:3: this block has no prompt"),
        ("p.txt", "name: x", "p.txt:1: this block has no prompt"),
        ("p.txt", "a\nb\nc [[job]]", "p.txt:3: [[job]] has no slot"),
        ("p.txt", "a\nneg: __sky__", "p.txt:2: __sky__ has no values"),
        ("p.txt", "a\n<lora:>", "p.txt:2: <lora:> names nothing"),
        ("p.txt", "a\n<embedding:x:heavy>", "p.txt:2: the weight of <embedding:x:heavy>"),
        ("p.txt", "a\0b", "p.txt:1: a prompt can't hold a NUL"),
        ("p.tsv", "a\tb\tc", "p.tsv:1: there are 3 columns"),
        ("p.tsv", "a\n\tb", "p.tsv:2: there is no prompt before the tab"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    write: Write, expand_pack: Expand, name: str, text: str, message: str
) -> None:
    """Every error of a text pack names the file and, where there is one, the line."""
    write(name, text)
    with pytest.raises(PackError) as error:
        expand_pack()
    assert message in str(error.value)


def test_a_pack_that_is_no_utf8_is_told_with_its_line(packs: Path, expand_pack: Expand) -> None:
    """Latin-1 is refused where it shows, not garbled."""
    (packs / "p.txt").write_bytes(b"a\nb\ncaf\xe9")
    with pytest.raises(PackError, match=r"p\.txt:3: is not UTF-8"):
        expand_pack()


@pytest.mark.parametrize("name", ["nope", "../packs/p", "packs/../p"])
def test_a_missing_pack_names_its_like(write: Write, expand_pack: Expand, name: str) -> None:
    """A pack that is not there is an error that says what is; no name leads out of the home."""
    write("p.txt", "a")
    with pytest.raises(PackError, match=r"there is no such pack; .*p"):
        expand_pack(name)
