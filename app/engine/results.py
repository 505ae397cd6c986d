"""What a running job has made so far: its images on disk, and what was sent for each."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.jobs.models import JobRecord, utc_now
from app.stages import StageImage, StageRequest
from app.storage.artifacts import ArtifactStore, ImageFile, StageTrace
from app.storage.names import ImageLabel
from app.webui.answers import Generation


class JobResults:
    """Saves the images of one job and remembers them for its record and its manifest.

    Args:
        job: whose they are.
        artifacts: where they go.
    """

    def __init__(self, job: JobRecord, artifacts: ArtifactStore) -> None:
        self._job, self._artifacts = job, artifacts
        self._made_at = utc_now()
        self._traces: list[StageTrace] = []
        self.images: list[dict[str, Any]] = []

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
        files: list[ImageFile] = []
        made: list[StageImage] = []
        for number, data in enumerate(answer.images):
            image_of = _image_of(answer, number, request.seed)
            label = self._label(stage, self._count_of(stage), image_of["seed"])
            file = self._artifacts.save_image(data, label)
            self.images.append({**asdict(file), "stage": stage, **image_of})
            files.append(file)
            made.append(
                StageImage(
                    data=data,
                    width=file.width,
                    height=file.height,
                    seed=image_of["seed"],
                    infotext=image_of["infotext"],
                )
            )
        self._traces.append(_trace(stage, request.path, payload, files, made))
        return made

    def write_manifest(self, webui: str) -> str:
        """Write down what was sent and what came of it; return where, relative to the home.

        Raises:
            HomeError: if it can't be written.
        """
        job = self._job
        facts = {
            "job_id": job.job_id,
            "parent_id": job.parent_id,
            "prompt": job.prompt,
            "negative_prompt": job.negative_prompt,
            "config": job.config_snapshot,
            "config_hash": job.config_hash,
            "prompt_source": job.prompt_source,
            "prompt_pack_id": job.prompt_pack_id,
            "prompt_keys": job.prompt_keys,
            "webui": webui,
        }
        return self._artifacts.write_manifest(self._label("", 0, None), facts, self._traces)

    def _count_of(self, stage: str) -> int:
        return sum(image["stage"] == stage for image in self.images)

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
            model=self._job.config_snapshot["txt2img"]["checkpoint"] or "",
            row=keys.get("row"),
            variant=keys.get("variant"),
        )


def _image_of(answer: Generation, number: int, request_seed: int) -> dict[str, Any]:
    """Return seed, infotext and model of one image of an answer; extras have no info."""
    seeds, infotexts = answer.seeds, answer.infotexts
    return {
        "seed": seeds[number] if number < len(seeds) else request_seed,
        "infotext": infotexts[number] if number < len(infotexts) else "",
        "model": answer.info.get("sd_model_name"),
    }


def _trace(
    stage: str,
    path: str,
    payload: Mapping[str, Any],
    files: list[ImageFile],
    made: list[StageImage],
) -> StageTrace:
    return StageTrace(
        stage=stage,
        endpoint=path,
        payload=payload,
        images=files,
        seeds=[image.seed for image in made],
        infotexts=[image.infotext for image in made],
    )
