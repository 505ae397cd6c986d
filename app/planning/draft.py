"""From what the user has set up to the jobs it makes: the one place that expands and snapshots.

What comes out names no file and no default: prompts are expanded, settings merged, seeds drawn.
"""

import random
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from app.config.pipeline_config import RANDOM_SEED, PipelineConfig
from app.config.presets import Preset, load_preset
from app.config.requirements import EMBEDDINGS
from app.errors import PackError
from app.jobs.models import AXES, JobSpec, PromptSource, RunMode, new_job_id
from app.planning.packs import PromptPack, PromptVariant, expand, find_pack, find_slips, load_pack
from app.planning.packs.model import Place, Prompt, Slot
from app.planning.packs.reading import WILDCARDS_FOLDER
from app.planning.pictures import with_inputs, with_script_files
from app.storage.documents import Notice
from app.storage.home import PACKS_FOLDER

_SEEDS = 2**32
"""A1111 draws its seeds below this."""
_MANUAL = PromptPack(pack_id="", path=Path("the prompt"), has_matrix=False)
_SETTINGS = Place(path=Path("the settings"))


class Draft(Protocol):
    """What the user has set up; see `AppStateV2.job_draft`.

    `pack_id` is a pack's name in the home, or its path. With a pack, the prompts are the pack's:
    all of them, or those that `only` picks by name or row. Settings of `config` that were set win
    over the pack's, and those over the preset's. `seed` is where choices and drawn seeds come
    from; None draws it. `strict` jobs run only where everything is that their prompts name.
    `axes` are settings, by their names, that take several values. `inputs` are pictures that jobs
    begin with, in place of making one.
    """

    pack_id: str | Path | None
    only: tuple[str, ...]
    prompt: str
    negative_prompt: str
    config: PipelineConfig
    preset: str | None
    seed: int | None
    strict: bool
    axes: Mapping[str, Sequence[str]]
    inputs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs of a draft, and what there is to say about its files."""

    specs: tuple[JobSpec, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def prompt_count(self) -> int:
        """How many prompts the jobs are made of, each in all its variants counted once."""
        return len({(s.prompt_keys.get("pack"), s.prompt_keys.get("row")) for s in self.specs})


def plan_jobs(draft: Draft, home: Path, run_mode: RunMode, source: str) -> Plan:
    """Return the jobs that `draft` makes now.

    Args:
        draft: what the user has set up.
        home: where packs, presets and wildcards are.
        run_mode: the jobs' run mode.
        source: what asked for them, "run_now" for one.

    Raises:
        PresetError, PackError: the preset or pack can't be read or expanded.
        ConfigurationError: the settings together make no configuration.
    """
    preset = load_preset(home, draft.preset) if draft.preset else Preset("")
    pack = _pack(draft, home)
    seed = secrets.randbelow(_SEEDS) if draft.seed is None else draft.seed
    user = draft.config.model_dump(exclude_unset=True)
    axes = [Slot(name=n, values=tuple(v), place=_SETTINGS) for n, v in draft.axes.items()]
    variants = expand(pack, preset=preset.layer, user=user, seed=seed, axes=axes)
    shared: dict[str, Any] = {
        "run_mode": run_mode,
        "source": source,
        "prompt_source": PromptSource.PACK if draft.pack_id else PromptSource.MANUAL,
        "prompt_pack_id": pack.pack_id or None,
        "batch_id": new_job_id(),
        "strict": draft.strict,
    }
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    folders = _folders_of(pack, home)
    planned = list(_specs(_picked(variants, pack, draft.only), rng, folders, shared))
    made = with_inputs(planned, draft.inputs) if draft.inputs else planned
    specs = tuple(spec.cleaned() for spec in made)
    cleaned = (Notice(sentence) for sentence in changed_by_cleaning(made, specs))
    return Plan(specs, (*preset.notices, *pack.notices, *find_slips(pack, variants), *cleaned))


def changed_by_cleaning(before: Sequence[JobSpec], after: Sequence[JobSpec]) -> list[str]:
    """Return what there is to say where prompts had characters that no prompt can have."""
    pairs = zip(before, after, strict=True)
    count = sum(_texts(old) != _texts(new) for old, new in pairs)
    whose = "the prompt of one job" if count == 1 else f"the prompts of {count:,} jobs"
    return [f"control characters were taken out of {whose}"] if count else []


def _texts(spec: JobSpec) -> tuple[str, str]:
    return spec.prompt, spec.negative_prompt


def prepared(spec: JobSpec, written: Collection[str], home: Path) -> JobSpec:
    """Return a job that is made from another one by the rules for new jobs.

    Args:
        spec: the job.
        written: which of `prompt` and `negative_prompt` are new text; these are expanded.
        home: where wildcards are.

    Raises:
        PackError: if a prompt can't be expanded.
    """
    rng = random.Random()  # noqa: S311 - pictures' seeds, not secrets
    config = with_script_files(spec.config, (home / PACKS_FOLDER,))
    spec = replace(spec, config=with_seeds(config, rng))
    if not written:
        return spec
    text, negative = (
        getattr(spec, name) if name in written else "" for name in ("prompt", "negative_prompt")
    )
    pack = _of_text(text, negative, home)
    [variant] = expand(pack, preset={}, user={}, seed=rng.randrange(_SEEDS))
    named = dict.fromkeys((*spec.prompt_keys.get(EMBEDDINGS, ()), *variant.embeddings))
    keys = {**spec.prompt_keys, EMBEDDINGS: list(named)} if named else spec.prompt_keys
    return replace(spec, prompt_keys=keys, **{name: getattr(variant, name) for name in written})


def _pack(draft: Draft, home: Path) -> PromptPack:
    if draft.pack_id:
        path = draft.pack_id if isinstance(draft.pack_id, Path) else find_pack(home, draft.pack_id)
        return load_pack(path, home)
    return _of_text(draft.prompt, draft.negative_prompt, home)


def _of_text(text: str, negative: str, home: Path) -> PromptPack:
    """Return the pack that one prompt makes by itself."""
    prompt = Prompt(text=text, negative=negative, place=Place(path=_MANUAL.path))
    return replace(_MANUAL, prompts=(prompt,), wildcard_folders=(home / WILDCARDS_FOLDER,))


def _picked(
    variants: Sequence[PromptVariant], pack: PromptPack, only: Sequence[str]
) -> Sequence[PromptVariant]:
    """Return the variants of the prompts named, all if none is.

    Picking after the expansion leaves each its own choices and place.
    """
    wanted = {name.casefold() for name in only}
    there = [{str(variant.name).casefold(), str(variant.row)} for variant in variants]
    if missing := wanted.difference(*there):
        names = dict.fromkeys(variant.name or str(variant.row) for variant in variants)
        known = ", ".join(names)
        raise PackError(pack.path, None, f"no prompt {min(missing)!r} here; there is {known}")
    return [v for v, names in zip(variants, there, strict=True) if names & wanted or not wanted]


def _specs(
    variants: Iterable[PromptVariant],
    rng: random.Random,
    folders: Mapping[str, Sequence[Path]],
    shared: Mapping[str, Any],
) -> Iterator[JobSpec]:
    """Give the jobs; those that differ in their settings alone share the seeds that are drawn."""
    configs: dict[int, PipelineConfig] = {}
    for _, alike in groupby(variants, lambda one: (one.pack_id, one.row, one.combination)):
        drawn: dict[str, int] = {}
        for variant in alike:
            config = configs.get(id(variant.config))
            if config is None:
                config = with_script_files(variant.config, folders[variant.pack_id])
                configs[id(variant.config)] = config
            yield JobSpec(
                prompt=variant.prompt,
                negative_prompt=variant.negative_prompt,
                config=with_seeds(config, rng, drawn),
                prompt_keys=_keys(variant),
                **shared,
            )


def _folders_of(pack: PromptPack, home: Path) -> dict[str, tuple[Path, ...]]:
    """Return where each pack's files are looked for, by its name."""
    folders: dict[str, tuple[Path, ...]] = {}
    for member in pack.members:
        folders |= _folders_of(member, home)
    beside = (pack.path.parent,) if pack.pack_id else ()
    return folders | {pack.pack_id: (*beside, home / PACKS_FOLDER)}


def with_seeds(
    config: PipelineConfig, rng: random.Random, drawn: dict[str, int] | None = None
) -> PipelineConfig:
    """Return the configuration with a drawn seed wherever it has none; `drawn` come first."""
    stage, drawn = config.txt2img, {} if drawn is None else drawn
    missing = [name for name in ("seed", "subseed") if getattr(stage, name) == RANDOM_SEED]
    for name in missing:
        if name not in drawn:
            drawn[name] = rng.randrange(_SEEDS)
    update = {name: drawn[name] for name in missing}
    return config.model_copy(update={"txt2img": stage.model_copy(update=update)})


def _keys(variant: PromptVariant) -> dict[str, Any]:
    named = {EMBEDDINGS: list(variant.embeddings)} if variant.embeddings else {}
    varied = {AXES: dict(variant.axes), "combination": variant.combination} if variant.axes else {}
    place = _place_in_pack(variant) if variant.pack_id else {}
    return {**place, **varied, **named}


def _place_in_pack(variant: PromptVariant) -> dict[str, Any]:
    return {
        "pack": variant.pack_id,
        "name": variant.name,
        "row": variant.row,
        "variant": variant.variant,
        "choices": dict(variant.choices),
    }
