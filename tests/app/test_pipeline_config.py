"""Settings: one table of defaults, layers that are merged, and what is said of wrong ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config.pipeline_config import PipelineConfig, StageName, UpscaleConfig, merge
from app.errors import ConfigurationError


def test_without_layers_all_is_default() -> None:
    """The models' own defaults are the only ones; only txt2img runs."""
    assert merge() == PipelineConfig()
    assert merge().stages() == ("txt2img",)


def test_the_last_layer_that_names_a_setting_wins() -> None:
    """Layers are merged setting by setting, down into a stage's parts."""
    config = merge(
        {"txt2img": {"steps": 9, "width": 512}, "adetailer": {"face": {"prompt": "a face"}}},
        {"txt2img": {"width": 768}},
        {"adetailer": {"face": {"steps": 12}}},
    )
    assert (config.txt2img.steps, config.txt2img.width) == (9, 768)
    face = config.adetailer.face
    assert (face.prompt, face.steps, face.model) == ("a face", 12, "face_yolov8n.pt")


def test_layers_are_left_as_they_were() -> None:
    """Merging changes none of its layers."""
    below = {"txt2img": {"steps": 9}}
    merge(below, {"txt2img": {"width": 512}})
    assert below == {"txt2img": {"steps": 9}}


def test_a_layer_of_what_was_set_gives_the_same_again() -> None:
    """What a user has set survives the way through a draft."""
    config = PipelineConfig(upscale=UpscaleConfig(enabled=True, resize=3.0))
    assert merge(config.model_dump(exclude_unset=True)) == config


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ({"txt2img": {"steps": 151}}, "txt2img.steps is 151; it must be a whole number from 1 to"),
        ({"txt2img": {"width": 1020}}, "from 64 to 4096 in steps of 8"),
        ({"txt2img": {"cfg_scale": float("nan")}}, "txt2img.cfg_scale is nan"),
        ({"txt2img": {"seed": True}}, "txt2img.seed is True; it must be a whole number"),
        ({"txt2img": {"widht": 3}}, "txt2img.widht: no such setting; did you mean width?"),
        ({"txt2img": {"styles": [3]}}, "txt2img.styles.0 is 3; it must be a text"),
        ({"txt2img": {"refiner_enabled": True}}, "refiner_enabled needs a refiner_checkpoint"),
        ({"upscale": {"mode": "x"}}, "upscale.mode is 'x'; it must be one of extras, img2img"),
        ({"nope": {}}, "nope: no such setting; there is adetailer, img2img, pipeline"),
        ({"txt2img": None}, "txt2img is None; it must be a section"),
        (
            {
                "adetailer": {
                    "enabled": True,
                    "face": {"enabled": False},
                    "hand": {"enabled": False},
                }
            },
            "adetailer: enabled needs face.enabled or hand.enabled",
        ),
    ],
)
def test_a_wrong_setting_is_told_with_its_key_and_range(
    layer: dict[str, Any], sentence: str
) -> None:
    """The error names the dotted key, the value, and what is allowed."""
    with pytest.raises(ConfigurationError) as error:
        merge(layer)
    assert sentence in str(error.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Two wrong settings make one error with both."""
    with pytest.raises(ConfigurationError, match=r"width is 1;.*; txt2img\.steps is 0"):
        merge({"txt2img": {"steps": 0, "width": 1}})


@pytest.mark.parametrize(
    ("stage", "sent"),
    [("txt2img", ("fine, a castle", "blurry")), ("adetailer", ("a castle", "dull, blurry"))],
)
def test_global_prompts_go_to_the_stages_that_have_them_on(
    stage: StageName, sent: tuple[str, str]
) -> None:
    """A global prompt goes in front of the job's own, in its stages only."""
    options = {
        "global_prompt": "fine",
        "global_negative_prompt": " dull ",
        "global_negative_prompt_stages": ["adetailer"],
    }
    pipeline = merge({"pipeline": options}).pipeline
    assert pipeline.prompts_for(stage, "a castle", "blurry") == sent


KEYS = st.sampled_from(["txt2img", "img2img", "adetailer", "upscale", "pipeline", "face", "steps"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def configuration_or_sentence(layer: dict[str, Any]) -> PipelineConfig | str:
    """The configuration of a layer, or what is said of it."""
    try:
        return merge(layer)
    except ConfigurationError as error:
        return str(error)


@given(st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_any_layer_makes_a_configuration_or_one_sentence(layer: dict[str, Any]) -> None:
    """No layer, however wrong, gets past as anything but a ConfigurationError."""
    outcome = configuration_or_sentence(layer)
    assert isinstance(outcome, PipelineConfig) or outcome
