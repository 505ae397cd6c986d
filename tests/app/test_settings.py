"""The home and the WebUI come from flags, then the environment, then defaults."""

from pathlib import Path

import pytest

from app.errors import ConfigurationError, HomeError
from app.storage.home import (
    DEFAULT_WEBUI_URL,
    load_last_used,
    prepare_home,
    resolve_home,
    resolve_settings,
    save_last_used,
)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the caller's own settings out of these tests."""
    monkeypatch.delenv("APP_HOME", raising=False)
    monkeypatch.delenv("WEBUI_URL", raising=False)


def test_nothing_given_is_the_local_webui() -> None:
    """Without a flag or a variable it is the WebUI's own default port, and the user's data."""
    settings = resolve_settings()
    assert settings.webui_urls == (DEFAULT_WEBUI_URL,)
    assert settings.home.is_absolute()


def test_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """APP_HOME and WEBUI_URL stand in for the flags; several URLs are separated by commas."""
    monkeypatch.setenv("APP_HOME", str(tmp_path))
    monkeypatch.setenv("WEBUI_URL", "http://a:1,http://b:2/")
    settings = resolve_settings()
    assert settings.home == tmp_path
    assert settings.webui_urls == ("http://a:1", "http://b:2")


def test_a_flag_goes_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is typed holds."""
    monkeypatch.setenv("APP_HOME", "elsewhere")
    monkeypatch.setenv("WEBUI_URL", "http://elsewhere:1")
    settings = resolve_settings(tmp_path, "http://here:2")
    assert (settings.home, settings.webui_urls) == (tmp_path, ("http://here:2",))


def test_one_webui_given_twice_is_one() -> None:
    """Two runners on one WebUI would disturb each other."""
    assert resolve_settings(None, ["http://a:1", "http://a:1/"]).webui_urls == ("http://a:1",)


@pytest.mark.parametrize("url", ["", "localhost:7860", "ftp://a", "http://", "http://a:99999"])
def test_what_is_no_url_is_refused(url: str) -> None:
    """The sentence shows what was given and what one looks like."""
    with pytest.raises(ConfigurationError, match="is not a WebUI URL; give one like http"):
        resolve_settings(None, [url])


def test_a_home_under_a_file_cannot_be_made(tmp_path: Path) -> None:
    """The sentence names the folder and the way out."""
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match=r"can't make the home folder .*choose another with --home"):
        prepare_home(resolve_home(tmp_path / "file" / "home"))


def test_last_used_values_come_back(tmp_path: Path) -> None:
    """What one run used, the next can start from."""
    assert load_last_used(tmp_path) == {}
    save_last_used(tmp_path, {"txt2img": {"steps": 5}})
    assert load_last_used(tmp_path) == {"txt2img": {"steps": 5}}


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_a_broken_last_used_file_is_none(tmp_path: Path, content: str) -> None:
    """A convenience never stands in the way of a run."""
    (tmp_path / "last-used.json").write_text(content)
    assert load_last_used(tmp_path) == {}
