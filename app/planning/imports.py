"""A picture's job: the one that made it here, or one made of its generation parameters."""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.config.infotext import parse_infotext, read_parameters, read_size, settings_from
from app.config.pipeline_config import merge, parse_config
from app.errors import BadInputError, ConfigurationError, ImageFileError
from app.jobs.job_history import JobHistoryStore
from app.jobs.job_service import respecified
from app.jobs.models import JobSpec, PromptSource
from app.planning.draft import with_seeds

SOURCE = "import"
_SIZE = ("width", "height")


@dataclass(frozen=True, slots=True)
class Imported:
    """The job of a picture, and the labels of its parameters that a job has no place for."""

    spec: JobSpec
    ignored: tuple[str, ...] = ()


def import_image(path: Path, history: JobHistoryStore, layer: Mapping[str, Any]) -> Imported:
    """Return the job of a picture; its prompts are final, nothing in them is expanded.

    A picture of this app, of whatever stage, has the job that made it: from the history, or from
    the manifest beside it.

    Args:
        path: a PNG, JPEG or WebP file.
        history: the jobs of the home.
        layer: settings that win over the picture's own.

    Raises:
        ImageFileError: if it is no picture, has no parameters, or they make no job; names the file.
    """
    try:
        found = _own(path, history) or _foreign(path)
        config = merge(found.spec.config.model_dump(exclude_unset=True), layer)
    except ImageFileError as error:
        raise ImageFileError(_naming(path, error)) from error
    except BadInputError as error:
        raise ImageFileError(f"{path}: {error}") from error
    rng = random.Random()  # noqa: S311 - a picture's seed, not a secret
    return replace(found, spec=replace(found.spec, config=with_seeds(config, rng)))


def _naming(path: Path, error: ImageFileError) -> str:
    return f"{error}" if f"{error}".startswith(f"{path}:") else f"{path}: {error}"


def _own(path: Path, history: JobHistoryStore) -> Imported | None:
    sha256 = _hash_of(path)
    if job := history.job_of_image(sha256):
        return Imported(respecified(job, SOURCE))
    return next((Imported(spec) for spec in _from_manifests(path, sha256)), None)


def _hash_of(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise ImageFileError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ImageFileError(f"{path}: not an image that can be read") from error


def _from_manifests(path: Path, sha256: str) -> Iterator[JobSpec]:
    """Give the jobs whose manifests, in the picture's folder, list it."""
    for manifest in sorted(path.parent.glob("*.json")):
        with suppress(OSError, ValueError, KeyError, TypeError, ConfigurationError):
            text = manifest.read_text("utf-8")
            if sha256 in text:
                yield _job_of(json.loads(text)["job"])


def _job_of(facts: Mapping[str, Any]) -> JobSpec:
    return JobSpec(
        prompt=facts["prompt"],
        negative_prompt=facts["negative_prompt"],
        config=parse_config(facts["config"]),
        source=SOURCE,
        prompt_source=PromptSource(facts["prompt_source"]),
        prompt_pack_id=facts["prompt_pack_id"],
        prompt_keys=facts["prompt_keys"],
        parent_id=facts["job_id"],
    )


def _foreign(path: Path) -> Imported:
    infotext = parse_infotext(read_parameters(path))
    found = settings_from(infotext)
    size = {} if found.has_own_size else dict(zip(_SIZE, read_size(path), strict=True))
    spec = JobSpec(
        prompt=infotext.prompt,
        negative_prompt=infotext.negative_prompt,
        config=merge(found.layer, {"txt2img": size}),
        source=SOURCE,
    )
    return Imported(spec, found.ignored)
