"""What is allowed in a pack and was hardly meant is said with file and line; jobs are made."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import PackError
from app.planning.packs import expand, find_pack, find_slips, load_pack
from tests.app.conftest import CommandLine
from tests.app.packs.conftest import Expand, Write

Said = Callable[..., list[tuple[str, int | None, str]]]


@pytest.fixture
def said(packs: Path) -> Said:
    """File name, line and sentence of everything there is to say of the pack "p"."""

    def look(**layers: object) -> list[tuple[str, int | None, str]]:
        pack = load_pack(find_pack(packs.parent, "p"), packs.parent)
        variants = expand(pack, preset={}, user=layers, seed=1)
        found = [*pack.notices, *find_slips(pack, variants)]
        return [(slip.path.name if slip.path else "", slip.line, slip.text) for slip in found]

    return look


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a cat\n\njob: knight | mage\na dog", 3, "no prompt has [[job]]"),
        ("__sky__: red | blue\n\na cat", 1, "no prompt uses the wildcard __sky__"),
        ("job: a | b\n\n[[job]]\n\nan old [[job in town", 5, "[[ is not closed"),
        ("a cat\nin job]] town", 2, "]] closes nothing"),
        ("job: a [[x | b\n\n[[job]]", 1, "[[ is not closed"),
        ("a cat\nNegative prompt: a dog", 2, "'Negative prompt:' is sent as words of the positive"),
        ("a cat\n\na mouse, neg: a dog", 3, "begin a line with neg:"),
        ("a cat\nnegative: a dog", 2, "'negative:' is sent as words"),
        ("a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7", 2, "generation parameters"),
        ("a cat\n\nfog => snow", 3, "the search 'fog' finds nothing"),
        ("a cat\nfog => fog | snow", 2, "the search 'fog' finds nothing"),
        ("job: a | b\n\n[[job]]\n\nJob: c", 1, "'job' is defined again in"),
        ("cat => dog\n\na cat\n\ncat => mouse", 1, "'cat' is defined again in"),
        ("a cat\n\na {big|small} dog", 3, "{big|small} is sent as it is"),
        ("a cat\nneg: ${x=!{a|b}} {2$$a|b}", 2, "is sent as it is"),
        ("a <random:red|blue> dog", 1, "<random:red|blue> is sent as it is"),
        ("a cat\n\njob: {a|b} | c\n\n[[job]]", 3, "{a | b} is sent as it is"),
        ("a cat\n\na dog\n\na cat", 5, "a job is the same as one of "),
        ("job: a | a | b\n\n[[job]]", 3, "a job is the same as another of this prompt"),
    ],
)
def test_a_slip_is_said_with_its_line(
    write: Write, said: Said, text: str, line: int, words: str
) -> None:
    """One notice for one slip, at the line that is to be mended."""
    write("p.txt", text)
    [(name, number, sentence)] = said()
    assert (name, number) == ("p.txt", line)
    assert words in sentence


@pytest.mark.parametrize(
    "text",
    [
        "job: knight | mage\n\na [[job]] at dawn\nneg: blurry",
        "style: oil painting\na cat, [negative:1.2], (neg: 1.2)",
        "[[a:b:0.5]:c:0.7] and [a:[b:c:0.5]]",
        "a [cat|dog] in [[[town]]] :[\ntown: x",
        "a \\[cat\\], {a cat} <lora:ink:0.6>",
        "fog => snow\n\nweather\nneg: fog",
        "sea => lake\n__x__: red | the sea\n\na __x__ field",
        "sea => lake\njob: x | sea\n\na [[job]]",
        "step => leap\n\na [[a]]\na: b | [[c]]\nc: step",
    ],
)
def test_what_is_meant_is_not_a_slip(write: Write, said: Said, text: str) -> None:
    """Emphasis, prompt editing, and what is used only through values are as they should be."""
    write("p.txt", text)
    assert said() == []


def test_slips_of_a_json_have_its_lines(write: Write, said: Said) -> None:
    """Slots and searches that nothing uses, and a key that is there twice."""
    write(
        "p.json",
        '{"pack_data": {"slots": [{"text": "a cat", "text": "a dog, negative prompt: x"}],\n'
        '"matrix": {"job": ["a"]},\n'
        '"prompt_sr": {"fog": ["snow"]}}}',
    )
    places = [(line, sentence) for _, line, sentence in said()]
    wanted = [
        (1, "'text' stands twice in one object; the last one counts"),
        (1, "'negative prompt:' is sent as words of the positive prompt; write it under"),
        (2, "no prompt uses the slot 'job'"),
        (3, "the search 'fog' finds nothing"),
    ]
    for (line, sentence), (wanted_line, words) in zip(places, wanted, strict=True):
        assert line == wanted_line
        assert words in sentence


def test_a_text_and_the_json_beside_it_may_not_define_one_slot(write: Write, said: Said) -> None:
    """The text's counts, however the name is spelt, and the other is said."""
    write("p.txt", "Time of day: dawn\n\n[[time-of-day]]")
    write("p.json", {"pack_data": {"matrix": {"slots": {"time-of-day": ["dusk", "noon"]}}}})
    [(name, line, sentence)] = said()
    assert (name, line) == ("p.json", 5)
    assert "p.txt:1, which counts" in sentence


def test_slips_in_wildcard_files_are_said_there(write: Write, said: Said) -> None:
    """A file that was made for another tool is named with its line, once."""
    write("wildcards/sky.txt", "# colours\nred\n{pale|dark} blue\n{a|b}\n")
    write("p.txt", "a __sky__\n\nunder a __sky__")
    [(name, line, sentence)] = said()
    assert (name, line) == ("sky.txt", 3)
    assert "{pale|dark}" in sentence


def test_drawn_seeds_part_jobs_and_given_ones_do_not(write: Write, said: Said) -> None:
    """Whether the same job twice makes the same picture is said."""
    write("p.txt", "a cat\n\na cat")
    assert said()[0][2].endswith(", but for the seed")
    assert said(txt2img={"seed": 7})[0][2].endswith("p.txt:1")


def test_search_and_replace_makes_every_replacement(write: Write, expand_pack: Expand) -> None:
    """`a => x | y` makes both, for each prompt that has the search."""
    write("p.txt", "sea => lake | bay\n\na sea\n\nthe sky")
    assert [v.prompt for v in expand_pack()] == ["a lake", "a bay", "the sky"]


def test_what_the_matrix_and_wildcards_put_in_is_searched(
    write: Write, expand_pack: Expand
) -> None:
    """One job has one replacement for a search, wherever it comes from."""
    write("wildcards/place.txt", "the sea\n")
    write("p.txt", "sea => lake | bay\njob: pilot | sea dog\n\n[[job]] by __place__, sea air")
    assert [v.prompt for v in expand_pack()] == [
        "pilot by the lake, lake air",
        "lake dog by the lake, lake air",
        "pilot by the bay, bay air",
        "bay dog by the bay, bay air",
    ]
    write("p.txt", "sea => lake | bay\n\nby __place__")
    assert [(v.prompt, v.choices["sea =>"]) for v in expand_pack()] == [
        ("by the lake", "lake"),
        ("by the bay", "bay"),
    ]


def test_a_list_of_packs_keeps_to_the_ceiling(write: Write, expand_pack: Expand) -> None:
    """Packs that are few enough by themselves are too many together."""
    values = " | ".join(f"{number}" for number in range(5000))
    for name in ("one", "two"):
        write(f"{name}.txt", f"n: {values}\n\n{name} [[n]]")
    write("p.json", {"packs": ["one"]})
    assert len(expand_pack()) == 5000
    write("p.json", {"packs": ["one", "two"]})
    with pytest.raises(PackError, match=r"p\.json: with two it is more than 8,192 jobs"):
        expand_pack()


def test_slips_are_said_before_jobs_are_queued(app_cli: CommandLine, home: Path) -> None:
    """On the command line they are notices; of very many the first are shown, and the count."""
    folder = home / "packs"
    folder.mkdir(parents=True)
    (folder / "p.txt").write_text("".join(f"a {{{n}|x}}\n\n" for n in range(40)))
    shown = app_cli("packs", "show", "p", "--limit", "1")
    assert shown.returncode == 0
    assert f"{folder / 'p.txt'}:1: {{0|x}} is sent as it is" in shown.stderr
    assert "and 10 more notices" in shown.stderr


def test_a_prompt_on_the_command_line_has_no_other_dialect_either(app_cli: CommandLine) -> None:
    """`{a|b}` in --prompt is said too."""
    done = app_cli("queue", "add", "--prompt", "a {red|blue} cat", "--dry-run")
    assert "the prompt: {red|blue} is sent as it is" in done.stderr
