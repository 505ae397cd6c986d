"""The picture of all that a batch with axes has made."""

import json
from pathlib import Path

import pytest
from PIL import Image

from fake_webui import FakeWebUI
from tests.app.conftest import CommandLine

SMALL = ("--width", "64", "--height", "64", "--steps", "1")


def overviews(home: Path) -> list[Path]:
    """The overviews in a home."""
    return sorted((home / "images").rglob("overview-*.png"))


def shown(app_cli: CommandLine) -> list[dict[str, object]]:
    """The history, newest first."""
    return json.loads(app_cli("history", "list", "--json").stdout)  # type: ignore[no-any-return]


def test_a_batch_with_axes_ends_with_an_overview(app_cli: CommandLine, home: Path) -> None:
    """A table of its pictures with labels, named by the last job, and by it alone."""
    axes = ("--axis", "cfg=5,6,7", "--axis", "sampler=Euler|DDIM")
    done = app_cli("run", "--prompt", "a castle", *axes, *SMALL)
    assert done.returncode == 0, done.stderr
    [path] = overviews(home)
    last, *others = shown(app_cli)
    assert home / last["meta"]["overview"] == path  # type: ignore[index]
    assert not any("overview" in job["meta"] for job in others)  # type: ignore[operator]
    assert f"overview   {path}" in app_cli("history", "show", str(last["job_id"])).stdout
    with Image.open(path) as sheet:
        assert sheet.width > 2 * 64
        assert sheet.height > 3 * 64
        colours = sheet.convert("RGB").getcolors(sheet.width * sheet.height) or []
    assert len(colours) > 50  # the pictures, and not paper alone


def test_an_overview_has_the_picture_of_each_place(app_cli: CommandLine, home: Path) -> None:
    """The last axis goes across, the others down, each picture where it belongs."""
    app_cli("run", "--prompt", "a", "--axis", "steps=1,2", "--axis", "cfg=5,6,7", *SMALL[:4])
    [path] = overviews(home)
    jobs = shown(app_cli)[::-1]
    with Image.open(path) as sheet:
        seen = sheet.convert("RGB")
    pictures = [Image.open(home / job["meta"]["images"][0]["path"]) for job in jobs]  # type: ignore[index]
    in_order = [position_of(picture.convert("RGB"), seen) for picture in pictures]
    assert len(set(in_order)) == 6
    assert [len({place[axis] for place in in_order}) for axis in (0, 1)] == [3, 2]
    assert in_order == sorted(in_order, key=lambda place: (place[1], place[0]))


def position_of(small: Image.Image, large: Image.Image) -> tuple[int, int]:
    """Where a picture is pasted in a larger one."""
    rows, row = large.tobytes(), small.tobytes()[: 3 * small.width]
    start = rows.find(row)
    while start >= 0:
        top, left = divmod(start // 3, large.width)
        found = large.crop((left, top, left + small.width, top + small.height))
        if start % 3 == 0 and found.tobytes() == small.tobytes():
            return left, top
        start = rows.find(row, start + 1)
    raise AssertionError("it is not there")


def test_what_failed_is_a_word_and_a_retry_fills_its_place(
    app_cli: CommandLine, home: Path, fake: FakeWebUI
) -> None:
    """The overview is drawn when the last job ends, whatever became of the others."""
    fake.fault("out-of-memory", "txt2img", times=1)
    app_cli("run", "--prompt", "a", "--axis", "cfg=5,6", *SMALL)
    [path] = overviews(home)
    before = path.read_bytes()
    [failed] = [job for job in shown(app_cli) if job["status"] == "failed"]
    app_cli("queue", "retry", str(failed["job_id"]))
    assert app_cli("work").returncode == 0
    assert overviews(home) == [path]
    assert path.read_bytes() != before


def test_pictures_without_axes_have_no_overview(app_cli: CommandLine, home: Path) -> None:
    """Nor is one drawn when it is asked for."""
    app_cli("run", "--prompt", "a", *SMALL)
    assert overviews(home) == []
    [job] = shown(app_cli)
    asked = app_cli("history", "overview", str(job["job_id"]))
    assert asked.returncode == 2
    assert "no batch with axes" in asked.stderr


def test_an_overview_is_drawn_of_what_there_is(app_cli: CommandLine, home: Path) -> None:
    """Also where the rest was cancelled."""
    app_cli("queue", "add", "--prompt", "a", "--axis", "cfg=5,6", *SMALL)
    queued = json.loads(app_cli("queue", "list", "--json").stdout)
    ids = [job["job_id"] for job in queued]
    assert "has no pictures yet" in app_cli("history", "overview", ids[0]).stderr
    app_cli("queue", "cancel", ids[1])
    app_cli("work")
    assert len(overviews(home)) == 1
    overviews(home)[0].unlink()
    drawn = app_cli("history", "overview", ids[1])
    assert drawn.stdout.split() == [str(path) for path in overviews(home)]


def test_pruning_takes_the_overview_along(app_cli: CommandLine, home: Path) -> None:
    """A file that a record names is no orphan, and goes with its job."""
    app_cli("run", "--prompt", "a", "--axis", "cfg=5,6", *SMALL)
    assert "no job names" not in app_cli("doctor").stdout
    app_cli("history", "prune", "--keep", "0", "--yes")
    assert overviews(home) == []


@pytest.mark.parametrize("values", [17, 40])
def test_many_columns_go_on_below(app_cli: CommandLine, home: Path, values: int) -> None:
    """No overview is wider than sixteen pictures."""
    seeds = ",".join(str(number) for number in range(values))
    app_cli("run", "--prompt", "a", "--axis", f"seed={seeds}", *SMALL)
    with Image.open(overviews(home)[0]) as sheet:
        assert sheet.width < 16 * 280 + 300
