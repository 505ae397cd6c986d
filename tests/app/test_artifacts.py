"""Images and manifests are written whole, under free names, or not at all."""

import hashlib
import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from app.errors import BadAnswerError, HomeError
from app.storage.artifacts import ArtifactStore, trace, without_images
from app.storage.files import find_partial_files, replace_file, write_new
from app.storage.home_files import HomeFiles
from app.storage.names import ImageLabel

LABEL = ImageLabel(
    job_id="job-1", stage="txt2img", index=0, made_at=datetime(2026, 1, 2, 12, tzinfo=UTC), seed=7
)


def picture(colour: str = "teal", image_format: str = "PNG") -> bytes:
    """Return an encoded picture, 16 by 8 pixels."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 8), colour).save(buffer, image_format)
    return buffer.getvalue()


def test_a_saved_image_is_the_bytes_that_came(tmp_path: Path) -> None:
    """The file holds the very bytes, and the record says their hash and size."""
    saved = ArtifactStore(HomeFiles.of(tmp_path)).save_image(picture(), LABEL)
    data = (tmp_path / saved.path).read_bytes()
    assert data == picture()
    assert (saved.width, saved.height) == (16, 8)
    assert saved.sha256 == hashlib.sha256(data).hexdigest()


def test_an_image_path_is_relative_to_the_home(tmp_path: Path) -> None:
    """A home that is moved takes its history along."""
    store = ArtifactStore(HomeFiles.of(tmp_path))
    saved = store.save_image(picture(), LABEL)
    assert saved.path.startswith("images/2026-01-02/")
    assert (tmp_path / saved.path).is_file()


@pytest.mark.parametrize(
    ("image_format", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")]
)
def test_the_suffix_is_the_format(tmp_path: Path, image_format: str, suffix: str) -> None:
    """An image is named after what it is, not after what was asked."""
    saved = ArtifactStore(HomeFiles.of(tmp_path)).save_image(
        picture(image_format=image_format), LABEL
    )
    assert Path(saved.path).suffix == suffix


def test_a_taken_name_is_never_overwritten(tmp_path: Path) -> None:
    """The second image of one name gets the next free name, and both stay."""
    store = ArtifactStore(HomeFiles.of(tmp_path))
    first = store.save_image(picture("red"), LABEL)
    second = store.save_image(picture("blue"), LABEL)
    assert second.path == first.path.replace(".png", "-2.png")
    assert (tmp_path / first.path).read_bytes() == picture("red")


def test_writers_at_the_same_time_never_share_a_name(tmp_path: Path) -> None:
    """Eight threads that write one name make eight whole files."""
    texts = [bytes([65 + n]) * 5000 for n in range(8)]
    threads = [threading.Thread(target=write_new, args=(tmp_path / "a.bin", t)) for t in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == texts


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", picture()[:60], picture()[:-20], picture(image_format="JPEG")[:-200]],
    ids=["empty", "no picture", "half a PNG", "no end mark", "half a JPEG"],
)
def test_what_is_not_a_whole_picture_is_not_written(tmp_path: Path, data: bytes) -> None:
    """Bytes that can't be decoded to the end are refused, and the home stays empty."""
    with pytest.raises(BadAnswerError, match="can't be decoded"):
        ArtifactStore(HomeFiles.of(tmp_path)).save_image(data, LABEL)
    assert list(tmp_path.iterdir()) == []


def test_a_black_picture_is_not_written(tmp_path: Path) -> None:
    """A picture that is black all over is the trace of a failed VAE, not a result."""
    with pytest.raises(BadAnswerError, match="black all over"):
        ArtifactStore(HomeFiles.of(tmp_path)).save_image(picture("black"), LABEL)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    """A file where the home should be is said with its path."""
    (tmp_path / "images").write_text("in the way")
    with pytest.raises(HomeError, match=r"can't write .*images"):
        ArtifactStore(HomeFiles.of(tmp_path)).save_image(picture(), LABEL)


def test_a_replaced_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """The new content is there whole, and no temporary file stays."""
    target = tmp_path / "settings.json"
    replace_file(target, b"old")
    replace_file(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]
    assert target.read_bytes() == b"new"


def test_a_manifest_tells_what_was_sent_and_what_came(tmp_path: Path) -> None:
    """The manifest holds the job, the payload with hashes for images, seeds and files."""
    store = ArtifactStore(HomeFiles.of(tmp_path))
    saved = store.save_image(picture(), LABEL)
    payload = {"prompt": "a cat", "init_images": ["aGVsbG8="]}
    sent = trace("img2img", "/sdapi/v1/img2img", payload, [saved])
    path = store.write_manifest(LABEL, {"job_id": "job-1"}, [sent])
    content = json.loads((tmp_path / path).read_text())
    assert content["job"] == {"job_id": "job-1"}
    (request,) = content["requests"]
    assert request["payload"]["prompt"] == "a cat"
    assert request["payload"]["init_images"][0].startswith("sha256:")
    assert request["images"][0]["sha256"] == saved.sha256
    assert request["seeds"] == [7]


def test_images_inside_a_payload_become_hashes() -> None:
    """Single images, lists of them and lists of named ones are all replaced."""
    hashed = without_images({"image": "QQ==", "imageList": [{"data": "x", "image": "QQ=="}]})
    assert hashed["image"] == hashed["imageList"][0]["image"]
    assert hashed["imageList"][0]["data"] == "x"


def test_leftovers_of_a_killed_process_are_found(tmp_path: Path) -> None:
    """A half-written file is recognised by its name, a finished image is not."""
    folder = tmp_path / "images" / "2026-01-02"
    folder.mkdir(parents=True)
    (folder / ".ab12.part").touch()
    (folder / "hero.png").touch()
    assert find_partial_files(tmp_path) == [folder / ".ab12.part"]
