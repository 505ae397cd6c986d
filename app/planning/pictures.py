"""Pictures that jobs are given: files that their scripts take, and what they begin with."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.config.infotext import parse_infotext, read_parameters
from app.config.pipeline_config import PipelineConfig, merge
from app.errors import BadInputError, ImageFileError
from app.jobs.models import JobSpec
from app.planning.packs.tokens import MAX_JOBS
from app.storage.inputs import reference_to, with_references

INPUT = "input"
"""In a job's `prompt_keys`: the name of the picture that it begins with."""


def with_script_files(config: PipelineConfig, folders: Sequence[Path]) -> PipelineConfig:
    """Return the configuration with the files that its scripts take, as they are now.

    Args:
        config: its scripts may name pictures of the folders.
        folders: where they are looked for, the first match wins.

    Raises:
        ImageFileError: if one is not there, or not a picture.
    """
    changed: dict[str, Any] = {}
    for name in ("txt2img", "img2img"):
        section = getattr(config, name)
        given = {key: getattr(section, key) for key in ("alwayson_scripts", "script_args")}
        if (named := with_references(given, folders)) != given:
            changed[name] = section.model_copy(update=named)
    return config.model_copy(update=changed) if changed else config


def with_inputs(specs: Sequence[JobSpec], pictures: Iterable[Path]) -> list[JobSpec]:
    """Return each job once for each picture, beginning with it.

    A job without a prompt has the one that the picture was made with, where that is known.

    Raises:
        ImageFileError: if one is not a picture that can be read.
        ConfigurationError: if the jobs have no stage that takes a picture.
        BadInputError: if it makes too many.
    """
    paths = list(pictures)
    if (count := len(specs) * len(paths)) > MAX_JOBS:
        raise BadInputError(f"{len(paths):,} pictures make {count:,} jobs; at most {MAX_JOBS:,}")
    return list(_each(specs, paths))


def _each(specs: Sequence[JobSpec], paths: Sequence[Path]) -> Iterator[JobSpec]:
    for path in paths:
        begins = {"pipeline": {"input_image": reference_to(path)}}
        for spec in specs:
            config = merge(spec.config.model_dump(exclude_unset=True), begins)
            keys = {**spec.prompt_keys, INPUT: path.name}
            yield _with_prompt(replace(spec, config=config, prompt_keys=keys), path)


def _with_prompt(spec: JobSpec, path: Path) -> JobSpec:
    if spec.prompt or spec.negative_prompt:
        return spec
    with suppress(ImageFileError):
        found = parse_infotext(read_parameters(path))
        return replace(spec, prompt=found.prompt, negative_prompt=found.negative_prompt)
    return spec
