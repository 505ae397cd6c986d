"""What a running job has made so far: its images on disk, and what was sent for each."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.jobs.models import JobRecord, utc_now
from app.stages import StageImage, StageRequest
from app.storage.artifacts import ArtifactStore, SavedImage, trace
from app.storage.names import ImageLabel
from app.webui.answers import Generation

_IN_MANIFEST = (
    "job_id", "parent_id", "prompt", "negative_prompt", "config_snapshot", "config_hash",
    "prompt_source", "prompt_pack_id", "prompt_keys",
)  # fmt: skip


class JobResults:
    """Saves the images of one job and remembers them for its record and its manifest.

    Args:
        job: whose they are.
        artifacts: where they go.
    """

    def __init__(self, job: JobRecord, artifacts: ArtifactStore) -> None:
        self._job, self._artifacts = job, artifacts
        self._made_at = utc_now()
        self._traces: list[dict[str, Any]] = []
        self.images: list[SavedImage] = []
        self.stage_s: dict[str, float] = {}
        """How long each stage took, in seconds."""

    @property
    def request_count(self) -> int:
        """How many requests have been answered."""
        return len(self._traces)

    def save(
        self, stage: str, request: StageRequest, payload: Mapping[str, Any], answer: Generation
    ) -> list[StageImage]:
        """Save the images of an answer and return them.

        Raises:
            BadAnswerError: if one can't be decoded; those before it stay.
            HomeError: if one can't be written.
        """
        before, seeds = len(self.images), answer.seeds
        made: list[StageImage] = []
        for number, data in enumerate(answer.images):
            seed = seeds[number] if number < len(seeds) else request.seed
            saved = self._save(stage, data, seed, answer, number)
            self.images.append(saved)
            made.append(StageImage(data=data, width=saved.width, height=saved.height, seed=seed))
        self._traces.append(trace(stage, request.path, payload, self.images[before:]))
        return made

    def meta(self, webui: str) -> dict[str, Any]:
        """Write down what was sent and what came of it; return what the job's record gets.

        Raises:
            HomeError: if it can't be written.
        """
        facts = {key.removesuffix("_snapshot"): getattr(self._job, key) for key in _IN_MANIFEST}
        label = self._label("", 0, None)
        path = self._artifacts.write_manifest(label, {**facts, "webui": webui}, self._traces)
        images = [asdict(image) for image in self.images]
        return {"images": images, "manifest": path, "stage_s": self.stage_s}

    def _save(
        self, stage: str, data: bytes, seed: int, answer: Generation, number: int
    ) -> SavedImage:
        infotexts = answer.infotexts
        index = sum(image.stage == stage for image in self.images)
        return self._artifacts.save_image(
            data,
            self._label(stage, index, seed),
            infotext=infotexts[number] if number < len(infotexts) else "",
            model=answer.info.get("sd_model_name"),
            template=self._job.config.pipeline.file_name,
        )

    def _label(self, stage: str, index: int, seed: int | None) -> ImageLabel:
        keys = self._job.prompt_keys
        return ImageLabel(
            job_id=self._job.job_id,
            stage=stage,
            index=index,
            made_at=self._made_at,
            seed=seed,
            name=keys.get("name") or "",
            pack=self._job.prompt_pack_id or "",
            model=self._job.config.txt2img.checkpoint or "",
            row=keys.get("row"),
            variant=keys.get("variant"),
        )
