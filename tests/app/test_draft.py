"""What a draft makes: jobs that name no file, no default and no seed to be drawn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.config.pipeline_config import PipelineConfig, Txt2ImgConfig, UpscaleConfig
from app.config.presets import save_preset
from app.errors import ConfigurationError, PackError
from app.jobs.models import PromptSource, RunMode
from app.planning.draft import Plan, plan_jobs

SAMPLES = Path(__file__).parents[2] / "app" / "data" / "samples"
PlanDraft = Callable[..., Plan]


@dataclass
class Draft:
    """What a user has set up."""

    pack_id: str | Path | None = None
    prompt: str = ""
    negative_prompt: str = ""
    config: PipelineConfig = field(default_factory=PipelineConfig)
    only: tuple[str, ...] = ()
    preset: str | None = None
    seed: int | None = None
    strict: bool = False
    axes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()


@pytest.fixture
def plan(tmp_path: Path) -> PlanDraft:
    """Plan the jobs of a draft in a home of its own."""

    def run(**draft: Any) -> Plan:
        return plan_jobs(Draft(**draft), tmp_path, RunMode.QUEUE, "run")

    return run


def test_a_prompt_is_one_job(plan: PlanDraft) -> None:
    """A manual prompt keeps its brackets, and its embeddings are translated."""
    (spec,) = plan(prompt="a [[calm]] <embedding:sea>", negative_prompt="blurry").specs
    assert (spec.prompt, spec.negative_prompt) == ("a [[calm]] sea", "blurry")
    assert (spec.prompt_source, spec.prompt_pack_id) == (PromptSource.MANUAL, None)
    assert spec.prompt_keys == {"embeddings": ["sea"]}


def test_no_submitted_job_has_a_seed_to_be_drawn(plan: PlanDraft) -> None:
    """Seed and subseed are drawn at submit, for each job its own."""
    seeds = [plan(prompt="a").specs[0].config.txt2img for _ in range(8)]
    assert all(0 <= config.seed < 2**32 and 0 <= config.subseed < 2**32 for config in seeds)
    assert len({config.seed for config in seeds}) > 1


def test_a_seed_that_was_set_stays(plan: PlanDraft) -> None:
    """A fixed seed is every job's seed."""
    config = PipelineConfig(txt2img=Txt2ImgConfig(seed=77))
    specs = plan(pack_id=SAMPLES / "landscapes.txt", config=config).specs
    assert {spec.config.txt2img.seed for spec in specs} == {77}


def test_a_pack_of_the_home_is_found_by_its_name(plan: PlanDraft, tmp_path: Path) -> None:
    """Jobs of a pack keep its name, their place in it and what was chosen."""
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "pack-123.txt").write_text("job: knight\n\nname: Hero\na [[job]]")
    (spec,) = plan(pack_id="pack-123").specs
    assert (spec.prompt_source, spec.prompt_pack_id) == (PromptSource.PACK, "pack-123")
    assert spec.prompt_keys == {
        "pack": "pack-123", "name": "Hero", "row": 1, "variant": 1, "choices": {"job": "knight"},
    }  # fmt: skip


@pytest.mark.parametrize(("only", "count"), [(("coast",), 4), (("2",), 1), (("1", "Valley"), 5)])
def test_prompts_of_a_pack_can_be_picked(
    plan: PlanDraft, only: tuple[str, ...], count: int
) -> None:
    """By name in any case, or by row; each stays what it is in the whole pack."""
    whole = plan(pack_id=SAMPLES / "landscapes.txt", seed=1).specs
    picked = plan(pack_id=SAMPLES / "landscapes.txt", seed=1, only=only).specs
    assert len(picked) == count
    assert {spec.prompt for spec in picked} <= {spec.prompt for spec in whole}


def test_picking_a_prompt_that_is_not_there_names_those_that_are(plan: PlanDraft) -> None:
    """A typing mistake makes no job."""
    with pytest.raises(PackError, match=r"landscapes.txt: no prompt 'cost' here; .*Coast, Valley"):
        plan(pack_id=SAMPLES / "landscapes.txt", only=("Cost",))


def test_only_what_the_user_set_wins_over_the_pack(plan: PlanDraft) -> None:
    """A draft's defaults do not undo the pack's settings."""
    config = PipelineConfig(upscale=UpscaleConfig(enabled=False))
    (spec, *_) = plan(pack_id=SAMPLES / "landscapes.txt", config=config).specs
    assert spec.config.stages() == ("txt2img", "adetailer")
    assert spec.config.txt2img.width == 1216


def test_a_default_negative_prompt_is_for_jobs_without_one(plan: PlanDraft, tmp_path: Path) -> None:
    """It is the job's own from then on."""
    save_preset(tmp_path, "dull", {"pipeline": {"default_negative_prompt": "dull"}})
    assert plan(prompt="a", preset="dull").specs[0].negative_prompt == "dull"
    assert plan(prompt="a", negative_prompt="b", preset="dull").specs[0].negative_prompt == "b"


def test_the_same_seed_plans_the_same_jobs(plan: PlanDraft) -> None:
    """What is drawn comes from one seed."""
    once, again = (plan(pack_id=SAMPLES / "demo.json", seed=5).specs for _ in range(2))
    assert [(s.prompt, s.config) for s in once] == [(s.prompt, s.config) for s in again]


def test_all_jobs_of_a_plan_are_one_batch(plan: PlanDraft) -> None:
    """They can be found and cancelled together; the next plan is another batch."""
    once, again = (plan(pack_id=SAMPLES / "demo.json").specs for _ in range(2))
    assert len({spec.batch_id for spec in once}) == 1
    assert once[0].batch_id != again[0].batch_id


def test_a_plan_that_can_not_be_made_makes_nothing(plan: PlanDraft, tmp_path: Path) -> None:
    """Packs and settings that are wrong raise before anything is planned."""
    save_preset(tmp_path, "refined", {"txt2img": {"refiner_enabled": True}})
    with pytest.raises(PackError):
        plan(pack_id="nope")
    with pytest.raises(ConfigurationError):
        plan(prompt="a", preset="refined")


def test_the_samples_take_the_main_road(plan: PlanDraft) -> None:
    """The sample packs go through ADetailer and upscaling at SDXL size."""
    specs = plan(pack_id=SAMPLES / "demo.json").specs
    assert len(specs) == 7
    assert {spec.config.stages() for spec in specs} == {("txt2img", "adetailer", "upscale")}
    assert all(s.config.txt2img.width * s.config.txt2img.height > 1_000_000 for s in specs)
    assert len({spec.prompt for spec in specs}) == 7
