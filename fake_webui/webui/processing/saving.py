"""Pictures kept on disk: only where the server has an output folder, under names of its own."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from fake_webui.webui.images import Picture
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.state import WebUIState


def save_picture(p: Processing, state: WebUIState, picture: Picture, seed: int) -> Picture:
    """Save one picture as `<number>-<seed>` in today's folder of its kind; return it as saved."""
    get = state.options.get
    incomplete = state.progress.ended_early and not get("save_incomplete_images")
    if p.do_not_save_samples or not get("samples_save") or incomplete:
        return picture
    return save_in(state, f"{_kind(p)}-images", picture, "", f"-{seed}")


def save_result(p: Processing, state: WebUIState, picture: Picture, seed: int) -> Picture:
    """Save what a script put together, even where its parts aren't saved; return it as saved."""
    return save_in(state, f"{_kind(p)}-images", picture, "", f"-{seed}")


def save_grid(p: Processing, state: WebUIState, grid: Picture) -> Picture:
    """Save a grid as `grid-<number>`; return it as saved."""
    return save_in(state, f"{_kind(p)}-grids", grid, "grid-", "")


def _kind(p: Processing) -> str:
    return "img2img" if p.is_img2img else "txt2img"


def save_in(state: WebUIState, folder: str, picture: Picture, before: str, after: str) -> Picture:
    """Save a picture in today's folder, its number between two texts; return it as saved."""
    if state.policy.saves_with_alpha:
        picture = replace(picture, content=picture.image.convert("RGBA"))
    root = state.config.output_dir
    if root is None:
        return picture
    today = datetime.now().strftime("%Y-%m-%d")  # noqa: DTZ005 (local time, as the real one)
    place = Path(root, folder, today)
    place.mkdir(parents=True, exist_ok=True)
    image_format = state.options.get("samples_format")
    data = picture.encode(image_format)
    number = sum(1 for _ in place.iterdir())
    while not _write_new(place / f"{before}{number:05d}{after}.{image_format}", data):
        number += 1
    return picture


def _write_new(path: Path, data: bytes) -> bool:
    """Write a file; return whether there was none, of this server or another."""
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except FileExistsError:
        return False
    return True
