"""SD.Next: what it says of its settings, and of the models that are installed."""

import json
from pathlib import Path
from typing import Any

import pytest

from fake_webui import FakeWebUI
from tests.fake_webui.sdnext import ask, generate

pytestmark = pytest.mark.profiles

EVERY_OPTION = 634
LIMIT = 300
LORA = """
[[loras]]
name = "ink"
short_hash = "ab12cd34ef56"
metadata = { ss_tag_frequency = { 10_blot = { blot = 3 }, pen = { pen = 1 } } }
"""


def told(webui: FakeWebUI, what: str) -> Any:
    """Return the JSON of a GET."""
    return ask(webui, "GET", f"/sdapi/v1/{what}").json()


def test_every_setting_is_described(sdnext: FakeWebUI) -> None:
    """With what sets it, and the section that it is in; what it may be is what is installed."""
    found = told(sdnext, "options-info")
    options = found["options"]
    assert [one["id"] for one in found["sections"]] == list(
        dict.fromkeys(one["section_id"] for one in options.values())
    )
    assert options["jpeg_quality"]["type"] == "number"
    assert options["jpeg_quality"]["component_args"] == {"minimum": 1, "maximum": 100, "step": 1}
    assert options["samples_format"]["default"] == "jpg"
    titles = sorted(one["title"] for one in told(sdnext, "sd-models"))
    assert options["sd_model_checkpoint"]["component_args"]["choices"] == titles
    vaes = [one["model_name"] for one in told(sdnext, "sd-vae")]
    assert options["sd_vae"]["component_args"]["choices"] == ["Automatic", "Default", *vaes]
    assert options["quicksettings_list"]["component_args"]["choices"] == list(options)


def test_headings_and_old_settings_are_told_apart(sdnext: FakeWebUI) -> None:
    """A heading is named by its markup's text; what is only still known is not shown."""
    options = told(sdnext, "options-info")["options"]
    heading = options["advanced_sep"]
    assert heading["default"] == f"<h2>{heading['label']}</h2>"
    old = [one for one in options.values() if one["is_legacy"]]
    assert old
    assert not [one for one in old if one["visible"]]


def test_the_first_start_lists_every_option(tmp_path: Path) -> None:
    """There is no file of settings yet; the limit is the one that such a server has."""
    config = tmp_path / "fake.toml"
    config.write_text('saved_options = "all"\n')
    with FakeWebUI(profile="sdnext", config=config) as webui:
        listed = told(webui, "options")
        assert len(listed) == EVERY_OPTION
        assert listed["server_rate_limit"] == LIMIT
        ask(webui, "POST", "/sdapi/v1/options", {"server_rate_limit": 0})
        assert told(webui, "options")["server_rate_limit"] == 0
        assert "{" not in listed["outdir_save"]


def test_a_first_start_names_a_checkpoint_once_it_loaded_one(tmp_path: Path) -> None:
    """Until then the option has its default, which is the name of no file."""
    config = tmp_path / "fake.toml"
    config.write_text('saved_options = "all"\n')
    with FakeWebUI(profile="sdnext", config=config) as webui:
        titles = [one["title"] for one in told(webui, "sd-models")]
        assert told(webui, "options")["sd_model_checkpoint"] == "model.safetensors"
        assert told(webui, "options")["sd_checkpoint_hash"] == ""
        generate(webui)
        assert told(webui, "options")["sd_model_checkpoint"] in titles
        assert told(webui, "options")["sd_checkpoint_hash"]
        webui.reset()
        ask(webui, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": "nothing"})
        assert told(webui, "options")["sd_model_checkpoint"] == "nothing"


def test_a_loaded_checkpoint_has_parts(sdnext: FakeWebUI) -> None:
    """Named by class, with their parameters; without a checkpoint there is nothing to tell."""
    loaded = told(sdnext, "checkpoint")
    found = told(sdnext, "modules")
    assert (found["model"], found["class"]) == (loaded["name"], loaded["class"])
    sizes = {one["class"]: one["params"] for one in found["modules"]}
    assert sizes["UNet2DConditionModel"] > sizes["CLIPTextModel"] > sizes["CLIPTokenizer"] == 0
    devices = {one["device"] for one in found["modules"] if one["params"]}
    assert devices == {"cpu"}
    ask(sdnext, "POST", "/sdapi/v1/options", {"sd_model_checkpoint": "nothing"})
    assert told(sdnext, "modules") == {}


def test_a_network_says_how_often_its_folders_were_repeated(tmp_path: Path) -> None:
    """The list of networks has the names alone, the network's own page the repeats too."""
    config = tmp_path / "fake.toml"
    config.write_text(LORA)
    with FakeWebUI(profile="sdnext", config=config) as webui:
        (listed,) = told(webui, "extra-networks?page=lora")
        facts = json.loads(told(webui, "network?page=lora&item=ink"))
        details = told(webui, "extra-network-detail?page=lora&name=ink")
    assert listed["tags"] == "blot|pen"
    assert facts["tags"]["blot"] == "10"
    assert (facts["mtime"], facts["size"]) == (details["mtime"], details["size"])
