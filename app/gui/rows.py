"""Jobs as the interface gives them."""

from itertools import pairwise
from typing import Any

from app.config.pipeline_config import STAGE_NAMES
from app.jobs.image_ids import image_id
from app.jobs.marks import NO_MARKS, Marks
from app.jobs.models import JobRecord
from app.storage.documents import Notice

API = "/api/v1"


def job_row(job: JobRecord, marks: Marks = NO_MARKS) -> dict[str, Any]:
    """Return what lists show of a job."""
    return {
        "id": job.job_id,
        "status": job.status,
        "run_mode": job.run_mode,
        "source": job.source,
        "prompt": job.prompt,
        "negative_prompt": job.negative_prompt,
        "pack": job.prompt_pack_id,
        "prompt_keys": job.prompt_keys,
        "stages": _stages(job),
        "seed": job.config_snapshot.get("txt2img", {}).get("seed"),
        "width": job.config_snapshot.get("txt2img", {}).get("width"),
        "height": job.config_snapshot.get("txt2img", {}).get("height"),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "took_s": job.took_s,
        "error": job.error,
        "error_kind": job.meta.get("error_kind"),
        "warnings": job.warnings,
        "webui": job.meta.get("webui"),
        "parent_id": job.parent_id,
        "batch_id": job.batch_id,
        "priority": job.priority,
        "favourite": job.favourite,
        "passed_over": job.meta.get("passed_over", {}),
        "images": [
            _image_row(job, index, marks)
            for index in range(len(job.images))
            if not marks.is_gone(job.job_id, index)
        ],
    }


def _stages(job: JobRecord) -> list[str]:
    """Return the stages of a job without checking all of its settings, of which a page has many."""
    later = [
        stage for stage in STAGE_NAMES[1:] if job.config_snapshot.get(stage, {}).get("enabled")
    ]
    return [STAGE_NAMES[0], *later]


def job_page(job: JobRecord, marks: Marks) -> dict[str, Any]:
    """Return all that is known of a job."""
    return {
        **job_row(job, marks),
        "config": job.config_snapshot,
        "config_hash": job.config_hash,
        "manifest": job.meta.get("manifest"),
        "put_back": job.meta.get("put_back", {}),
        "stage_s": job.meta.get("stage_s", {}),
        "overview_url": f"{API}/overviews/{job.job_id}" if job.overview else None,
        "before_after": _before_after(job, marks),
        "draft": {
            "prompt": job.prompt,
            "negative_prompt": job.negative_prompt,
            "config": job.config_snapshot,
        },
    }


def _before_after(job: JobRecord, marks: Marks) -> list[dict[str, Any]]:
    """Return each later picture with the one of the stage before that it was made of."""
    by_stage: dict[str, list[str | None]] = {}
    for index, image in enumerate(job.images):
        name = None if marks.is_gone(job.job_id, index) else image_id(job.job_id, index)
        by_stage.setdefault(image.get("stage", ""), []).append(name)
    return [
        {"stage": stage, "before": before, "after": after}
        for (_, earlier), (stage, later) in pairwise(by_stage.items())
        if len(earlier) == len(later)
        for before, after in zip(earlier, later, strict=True)
        if before and after
    ]


def notice_row(notice: Notice) -> dict[str, Any]:
    """Return a notice with the file and line that it is about."""
    path = None if notice.path is None else str(notice.path)
    return {"path": path, "line": notice.line, "text": notice.text}


def _image_row(job: JobRecord, index: int, marks: Marks) -> dict[str, Any]:
    image = job.images[index]
    name = image_id(job.job_id, index)
    return {
        "id": name,
        "url": f"{API}/images/{name}",
        "thumb_url": f"{API}/thumbs/{name}",
        "file": image["path"],
        "favourite": marks.is_favourite(job.job_id, index),
        **{
            key: image.get(key) for key in ("width", "height", "stage", "seed", "infotext", "model")
        },
    }
