"""save_images: under the server's own folder, and nowhere else."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fake_webui import FakeWebUI
from tests.conftest import StartFake
from tests.fake_webui.generating import decoded, img2img, post, txt2img


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the server saves in."""
    return tmp_path_factory.mktemp("output")


@pytest.fixture(scope="module")
def saving_server(start_fake: StartFake, folder: Path) -> FakeWebUI:
    """A server with that folder."""
    return start_fake("saving", "--seed", "1", "--output-dir", str(folder))


@pytest.fixture
def output(folder: Path) -> Path:
    """The folder, empty."""
    for path in folder.iterdir():
        shutil.rmtree(path)
    return folder


@pytest.fixture
def saving(saving_server: FakeWebUI) -> FakeWebUI:
    """The server, as fresh as at its start."""
    saving_server.reset()
    return saving_server


def saved(output: Path, kind: str) -> list[Path]:
    """Return the pictures of a kind, oldest first."""
    return sorted(output.glob(f"{kind}/*/*"))


def test_pictures_and_grids_are_saved_by_kind_and_day(saving: FakeWebUI, output: Path) -> None:
    """Numbered, with the seed in the name, and the same bytes as in the answer."""
    answer = txt2img(saving, save_images=True, batch_size=2)
    assert [path.name for path in saved(output, "txt2img-images")] == [
        "00000-42.png", "00001-43.png"
    ]  # fmt: skip
    assert [path.name for path in saved(output, "txt2img-grids")] == ["grid-00000.png"]
    assert saved(output, "txt2img-images")[0].read_bytes() == answer.files[1]
    assert decoded(saved(output, "txt2img-grids")[0].read_bytes()).size == (128, 64)


def test_a_file_that_is_there_is_left_alone(saving: FakeWebUI, output: Path) -> None:
    """Somebody has deleted a picture, so the next number is one that another has."""
    for _ in range(3):
        txt2img(saving, save_images=True)
    first, second, third = saved(output, "txt2img-images")
    first.unlink()
    third.write_bytes(b"mine")
    txt2img(saving, save_images=True)
    assert saved(output, "txt2img-images") == [second, third, third.with_name("00003-42.png")]
    assert third.read_bytes() == b"mine"


def test_nothing_is_saved_unasked(saving: FakeWebUI, output: Path) -> None:
    """Without save_images, or without a folder."""
    img2img(saving)
    assert saved(output, "img2img-images") == []


def test_no_path_comes_from_a_request(saving: FakeWebUI, output: Path, tmp_path: Path) -> None:
    """Options that name folders, and words of scripts that do, change nothing."""
    elsewhere = tmp_path / "elsewhere"
    post(saving, "options", {"outdir_img2img_samples": str(elsewhere)})
    img2img(saving, save_images=True, prompt="../../x")
    assert len(saved(output, "img2img-images")) == 1
    assert not elsewhere.exists()


def test_without_a_folder_nothing_is_written(fake: FakeWebUI) -> None:
    """The answer is the same."""
    assert len(txt2img(fake, save_images=True, batch_size=2).images) == 3


@pytest.mark.parametrize("incomplete", [False, True])
def test_what_was_interrupted_is_saved_on_request(
    start_fake: StartFake, tmp_path: Path, *, incomplete: bool
) -> None:
    """A picture that somebody interrupted is answered, and saved if the options say so."""
    server = start_fake(f"interrupted-{incomplete}", "--output-dir", str(tmp_path))
    post(server, "options", {"save_incomplete_images": incomplete})
    with ThreadPoolExecutor() as pool, server.hold("txt2img", at_step=1) as held:
        answer = pool.submit(txt2img, server, save_images=True, steps=2)
        held.wait()
        post(server, "interrupt", {})
        assert len(answer.result().images) == 1
    assert len(saved(tmp_path, "txt2img-images")) == int(incomplete)
