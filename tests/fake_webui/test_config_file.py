"""Configuration files: what they set, and what is refused with its line."""

from pathlib import Path

import pytest

from fake_webui import ServerConfig
from fake_webui.config.file import read_config
from fake_webui.errors import ConfigError
from fake_webui.profiles import options_of

SHA = "ab" * 32
FULL = f"""
seed = 7
step_seconds = 0.5
api_auth = "a:b,c:d"
cors_allow_origins = "http://one, http://two"
caption = "a cat"
extensions = ["adetailer"]

[options]
jpeg_quality = 70
samples_format = "webp"
ad_max_models = 2

[[checkpoints]]
name = "one.safetensors"
sha256 = "{SHA}"

[[loras]]
name = "ink"
short_hash = "0123"
metadata = {{ ss_output_name = "Ink" }}

[[embeddings]]
name = "hands"
shape = 2048
vectors = 4
"""

REFUSED = [
    ("colour = 1\n", 1, 'unknown key "colour"'),
    ("seed = 1\nport = 'x'\n", 2, "port is a whole number"),
    ("seed = true\n", 1, "seed is a whole number"),
    ("\nnowebui = 1\n", 2, "nowebui is true or false"),
    ("step_seconds = 'slow'\n", 1, "step_seconds is a number"),
    ("checkpoints = []\n", 1, "at least one entry"),
    ("loras = 'ink'\n", 1, "array of tables"),
    ("[[loras]]\nname = 'a'\n\n[[loras]]\nname = 'b'\nhash = 1\n", 6, 'unknown key "hash"'),
    ("[[loras]]\nname = 'a'\n\n[[loras]]\nname = 5\n", 5, "name is text"),
    ("[[styles]]\nprompt = 'a'\n", 1, "needs a name"),
    ("[[checkpoints]]\nname = 'a'\nsha256 = 'xyz'\n", 3, "64 hexadecimal digits"),
    ("[[embeddings]]\nname = 'a'\nvectors = 'two'\n", 3, "vectors is a whole number"),
    ("extensions = ['a', 1]\n", 1, "a list of texts"),
    ("seed = 1\nextensions = ['./nope.toml']\n", 2, "there is no file"),
    ("[[controlnet_models]]\nname = 'a'\nhash = 'b'\n", 3, 'unknown key "hash"'),
    ("controlnet_annotators = 'all'\n", 1, "a list of texts"),
    ("[options]\njpeg_quality = 1\nnope = 1\n", 3, 'unknown key "nope"'),
    ("[options]\nsamples_save = 'maybe'\n", 2, "samples_save is true or false"),
    ("seed = 1\nsaved_options = 'some'\n", 2, 'saved_options is "all", "none" or a list'),
    ("seed = 1\nsaved_options = ['tiling', 'nope']\n", 2, 'unknown key "nope"'),
]


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "config.toml"


def test_a_file_sets_models_options_and_settings(config_file: Path) -> None:
    """Whatever a flag can set, and the catalogue."""
    config_file.write_text(FULL)
    config = read_config(config_file, options_of)
    assert (config.seed, config.step_seconds, config.caption) == (7, 0.5, "a cat")
    assert config.api_auth == {"a": "b", "c": "d"}
    assert config.cors_allow_origins == ("http://one", "http://two")
    assert config.options == {"jpeg_quality": 70, "samples_format": "webp", "ad_max_models": 2}
    assert [c.name for c in config.checkpoints] == ["one.safetensors"]
    assert [(x.name, x.metadata) for x in config.loras] == [("ink", {"ss_output_name": "Ink"})]
    assert [(e.name, e.shape, e.vectors) for e in config.embeddings] == [("hands", 2048, 4)]
    assert (config.vaes, config.styles) == ((), ())


def test_a_file_without_models_keeps_the_built_in_ones(config_file: Path) -> None:
    """Options alone do not empty the catalogue."""
    config_file.write_text("[options]\njpeg_quality = 70\n")
    assert read_config(config_file, options_of).checkpoints == ServerConfig().checkpoints


@pytest.mark.parametrize(("text", "line", "words"), REFUSED)
def test_a_mistake_is_refused_with_its_line(
    config_file: Path, text: str, line: int, words: str
) -> None:
    """The message starts with file and line, as compilers do it."""
    config_file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_config(config_file, options_of)
    assert str(caught.value).startswith(f"{config_file}:{line}: ")
    assert words in str(caught.value)


def test_broken_toml_is_refused_with_its_place(config_file: Path) -> None:
    """The parser's own words have line and column."""
    config_file.write_text("seed = \n")
    with pytest.raises(ConfigError, match="line 1"):
        read_config(config_file, options_of)
