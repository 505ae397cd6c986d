"""The types of `fake_webui.testing.types` say what the server says."""

import inspect

import requests

from fake_webui import FakeWebUI
from fake_webui.config.changing import CHANGEABLE
from fake_webui.config.settings import SETTINGS
from fake_webui.faults.actions import ACTIONS
from fake_webui.pytest_plugin import ARGUMENTS
from fake_webui.testing import types
from tests.support import control

SMALL = {"width": 64, "height": 64, "steps": 1}


def keys(kind: type) -> set[str]:
    """Return the keys of a TypedDict."""
    return set(inspect.get_annotations(kind)) | {
        key for base in getattr(kind, "__orig_bases__", ()) for key in keys(base)
    }


def test_entries_and_images_are_as_typed(fake: FakeWebUI) -> None:
    """Every key, and no other."""
    requests.post(f"{fake.url}/sdapi/v1/txt2img", json=SMALL, timeout=60)
    entry, full = fake.requests()[0], fake.request(1)
    assert set(entry) | {"text"} == keys(types.Entry)
    assert set(full) | {"text"} == keys(types.FullEntry)
    assert set(full["images"][0]) == keys(types.ListedImage)
    assert set(full["answer"]["images"][0]) == keys(types.ImageFacts)


def test_the_other_answers_are_as_typed(fake: FakeWebUI) -> None:
    """Rules, holds, settings and health."""
    assert set(fake.fault("hang", "txt2img")) == keys(types.PlacedRule)
    assert set(fake.settings()) == keys(types.Settings) == keys(types.SettingChanges)
    assert set(fake.health()) == keys(types.Health)
    fake.hold("txt2img", at_step=0)
    assert set(control(fake, "GET", "holds")["holds"][0]) == keys(types.PlacedHold)


def test_options_are_those_that_there_are() -> None:
    """Of the command line, of the settings, of the mark and of the actions."""
    flags = {one.flag or name for name, one in SETTINGS.items() if one.help and name != "strict"}
    names = {flag.removeprefix("--").replace("-", "_") for flag in flags}
    assert keys(types.ServerOptions) == names | {"config"}
    assert keys(types.SettingChanges) == set(CHANGEABLE)
    assert keys(types.OptionsOfTest) == set(ARGUMENTS)
    settings = {one.name for action in ACTIONS.values() for one in action.settings}
    assert keys(types.FaultSettings) == settings
