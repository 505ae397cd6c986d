"""Files and words from elsewhere: what is opened, what is shown of it, where it may lead."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from app.errors import BadAnswerError
from app.storage.artifacts import inspect_image
from tests.app.conftest import CommandLine


def picture(form: str) -> bytes:
    """Return a small picture in a format."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_formats_that_a_webui_saves_are_taken(form: str) -> None:
    """With the size that they have."""
    assert inspect_image(picture(form))[1:] == (8, 8)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO", "PPM", "TGA", "EPS", "PDF"])
def test_other_formats_are_not_even_opened(form: str, app_cli: CommandLine, tmp_path: Path) -> None:
    """Neither from the WebUI nor for an import."""
    with pytest.raises(BadAnswerError, match="can't be decoded"):
        inspect_image(picture(form))
    (tmp_path / "picture.png").write_bytes(picture(form))
    done = app_cli("history", "import", str(tmp_path / "picture.png"))
    assert done.returncode == 2
    assert "not an image" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:secret@example", "http://me:secret@", "me:secret@example:7860",
        "http://me:sec@secret@[::1", "http://me:secret@example:port", "//me:secret@example",
        "http://me:secret/secret@:7860",
    ],
)  # fmt: skip
def test_a_refused_url_is_shown_without_its_password(url: str, app_cli: CommandLine) -> None:
    """What is left is enough to know which one it was."""
    done = app_cli("doctor", "--webui", url)
    assert done.returncode == 2
    assert "is not a WebUI URL" in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("name", ["../secret", "../secret.txt", "{outside}", "below/../../secret"])
def test_a_list_of_packs_stays_in_its_folder(
    name: str, app_cli: CommandLine, home: Path, tmp_path: Path
) -> None:
    """Neither a path upward nor an absolute one is read."""
    (home / "packs").mkdir(parents=True)
    for outside in (home / "secret.txt", tmp_path / "secret.txt"):
        outside.write_text("a secret\n")
    listed = {"packs": [name.format(outside=tmp_path / "secret.txt")]}
    (home / "packs" / "all.json").write_text(json.dumps(listed))
    done = app_cli("packs", "show", "all")
    assert done.returncode == 2
    assert "leads out of the folder of packs" in done.stderr
    assert "a secret" not in done.stdout


def test_a_list_of_packs_may_lead_to_folders_below(app_cli: CommandLine, home: Path) -> None:
    """As to its neighbours."""
    (home / "packs" / "below").mkdir(parents=True)
    (home / "packs" / "below" / "one.txt").write_text("a boat\n")
    (home / "packs" / "all.json").write_text('{"packs": ["below/one"]}')
    assert "a boat" in app_cli("packs", "show", "all").stdout
