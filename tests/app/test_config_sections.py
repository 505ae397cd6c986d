"""How settings in files of any age are understood."""

from typing import Any

import pytest

from app.config.pipeline_config import PipelineConfig, merge
from app.config.sections import read_sections
from app.config.spellings import SPELLINGS


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ({"txt2img": {"model": "a [1234]"}}, {"txt2img": {"checkpoint": "a [1234]"}}),
        ({"txt2img": {"model": "None"}}, {"txt2img": {"checkpoint": None}}),
        ({"txt2img": {"refiner_switch_at": 80.0}}, {"txt2img": {"refiner_switch_at": 0.8}}),
        ({"txt2img": {"hr_checkpoint_name": "Use base model"}},
         {"txt2img": {"hires_checkpoint": None}}),
        ({"txt2img": {"negative_prompt": "dull"}},
         {"pipeline": {"default_negative_prompt": "dull"}}),
        ({"hires_fix": {"upscale_factor": 2.0}}, {"txt2img": {"hires_scale": 2.0}}),
        ({"img2img": {"seed": -1}}, {"img2img": {"seed": None}}),
        ({"upscale": {"upscaling_resize": 2.0}}, {"upscale": {"resize": 2.0}}),
        ({"pipeline": {"images_per_prompt": 2}}, {"txt2img": {"batch_size": 2}}),
        ({"adetailer": {"mask_filter_method": "largest"}},
         {"adetailer": {u: {"mask_filter_method": "Area"} for u in ("face", "hand")}}),
        ({"pipeline": {"apply_global_negative_txt2img": True,
                       "apply_global_negative_upscale": True,
                       "apply_global_negative_img2img": False}},
         {"pipeline": {"global_negative_prompt_stages": ["txt2img", "upscale"]}}),
    ],
)  # fmt: skip
def test_an_older_spelling_is_translated(file: dict[str, Any], layer: dict[str, Any]) -> None:
    """Each means the setting that it meant."""
    assert read_sections(file).layer == layer


def test_of_two_spellings_the_stronger_holds_and_the_other_is_told() -> None:
    """The pipeline's switch holds over a stage's own, and a blank gives way to a value."""
    sections = read_sections(
        {
            "adetailer": {"enabled": False},
            "txt2img": {"model": "", "model_name": "sdxl"},
            "pipeline": {"adetailer_enabled": True},
        }
    )
    assert sections.layer == {"adetailer": {"enabled": True}, "txt2img": {"checkpoint": "sdxl"}}
    assert sections.overruled == ("adetailer.enabled",)
    assert sections.notices() == ("overruled by another key: adetailer.enabled",)


def test_an_unused_key_without_effect_is_no_notice() -> None:
    """Older files are full of keys that are off."""
    quiet = {"txt2img": {"hypernetwork": "None"}, "upscale": {"tile_size": 0}, "max_variants": 0}
    assert read_sections(quiet).notices() == ()


def test_a_configuration_means_itself() -> None:
    """What this app writes is read as it stands."""
    written = PipelineConfig().model_dump(mode="json")
    sections = read_sections(written)
    assert merge(sections.layer) == PipelineConfig()
    assert sections.notices() == ()


def test_every_spelling_leads_to_a_setting_that_there_is() -> None:
    """The table names no setting that the configuration lacks."""
    targets = {s for keys in SPELLINGS.values() for one in keys.values() for s in one.settings}
    for target in targets:
        section, *keys = target.split(".")
        value = getattr(PipelineConfig(), section)
        for key in keys[:1] if section == "pipeline" else keys:
            assert key in type(value).model_fields, target
            value = getattr(value, key)
