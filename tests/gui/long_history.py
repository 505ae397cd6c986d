"""A home with a long history, made at once: rows as jobs leave them, and pictures that exist."""

import hashlib
import io
from pathlib import Path
from typing import Any

from PIL import Image

from app.bootstrap import Application
from app.config.pipeline_config import merge
from app.jobs.models import JobSpec, JobStatus, utc_now
from app.jobs.rows import as_json, insert_rows, new_row
from app.store.job_store import Connection

PICTURES = 64
"""How many different ones there are; rows share them."""
RARE_EVERY = 1000
"""One job in so many has the word `rare` in its prompt."""
FOLDER = "images/2026-01-02"


def fill_history(application: Application, rows: int, size_px: tuple[int, int] = (64, 96)) -> None:
    """Add so many jobs that have succeeded, each with one picture."""
    images = [_picture(application.home, number, size_px) for number in range(PICTURES)]
    spec = JobSpec(prompt="", config=merge({"txt2img": {"seed": 1, "subseed": 1}}))
    application.store.change(_insert, spec, images, rows)


def _picture(home: Path, number: int, size_px: tuple[int, int]) -> dict[str, Any]:
    """Write one picture, and return what a record says of it."""
    written, path = io.BytesIO(), home / FOLDER / f"{number}.png"
    shade = 255 * number // PICTURES
    Image.linear_gradient("L").resize(size_px).point(lambda v: (v + shade) % 256).save(
        written, "PNG", compress_level=1
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.getvalue())
    return {
        "path": f"{FOLDER}/{path.name}",
        "sha256": hashlib.sha256(written.getvalue()).hexdigest(),
        "width": size_px[0], "height": size_px[1],
        "stage": "txt2img", "seed": number, "infotext": "Steps: 20", "model": "model",
    }  # fmt: skip


def _insert(connection: Connection, spec: JobSpec, images: list[dict[str, Any]], rows: int) -> None:
    numbers = connection.dialect.next_numbers(connection, rows)
    now = utc_now().isoformat()
    row = new_row(spec, 0, now)
    made = []
    for number in numbers:
        prompt = f"a lighthouse {number}" + (" rare" if number % RARE_EVERY == 0 else "")
        meta = as_json({"images": [images[number % len(images)]], "stage_s": {"txt2img": 2.5}})
        ended = {"status": JobStatus.SUCCEEDED, "started_at": now, "completed_at": now}
        job_id = f"{number:016x}"
        made.append(row | ended | {"n": number, "job_id": job_id, "prompt": prompt, "meta": meta})
    insert_rows(connection, made)
    for job in made:
        connection.dialect.add_words(connection, job["job_id"], {"prompt": job["prompt"]})
