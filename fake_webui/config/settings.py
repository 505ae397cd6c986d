"""How a server is to be: from flags, environment variables and a TOML file."""

import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from fake_webui.errors import ConfigError
from fake_webui.wording import shown

JOURNAL_BYTES = 256 * 1024 * 1024
LONGEST_S = 86_400  # a day
ALL, NONE = "all", "none"
FAULT_FORM = "[ENDPOINT:]ACTION[:first|every|nth=N|probability=P][:times=N][:KEY=VALUE …]"
IMAGE_STYLES = ("compact", "realistic")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_PROFILE = "a1111"
PROFILES = (DEFAULT_PROFILE, "forge", "sdnext")


@dataclass(frozen=True, kw_only=True)
class CheckpointConfig:
    """A checkpoint: its file name under the models folder and its sha256 in hex."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class VaeConfig:
    """A VAE: its file name and its sha256 in hex."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class LoraConfig:
    """A LoRA: its name, the short hash that infotexts show, and its training metadata."""

    name: str
    short_hash: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EmbeddingConfig:
    """A textual inversion embedding: `shape` is the length of each of its `vectors`."""

    name: str
    short_hash: str = ""
    shape: int = 768
    vectors: int = 1


@dataclass(frozen=True, kw_only=True)
class StyleConfig:
    """A prompt style; `{prompt}` marks where the prompt goes, otherwise it is appended."""

    name: str
    prompt: str = ""
    negative_prompt: str = ""


@dataclass(frozen=True, kw_only=True)
class HypernetworkConfig:
    """A hypernetwork, known by name."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ControlNetModelConfig:
    """A model of ControlNet: its name and the short hash behind it."""

    name: str
    short_hash: str = ""


def parse_accounts(text: str) -> dict[str, str]:
    """Return the user names and passwords of `user:pw[,user:pw]`.

    Raises:
        ConfigError: if a part has no colon.
    """
    accounts = {}
    for part in split_list(text):
        user, colon, password = part.partition(":")
        if not colon:
            raise ConfigError(f"{shown(part)} is not user:password")
        accounts[user] = password
    return accounts


def split_list(text: str) -> tuple[str, ...]:
    """Return the parts of a text between its commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True)
class Setting:
    """How a field of `ServerConfig` is written: on the command line and as a key of the file.

    `kind` is its type there, and `read` makes the field's value of it. Without `help` it is a key
    of the file alone; `flag` is its name on the command line where that is not the field's, and
    `only_serve` keeps it from commands that start a server of their own.
    """

    kind: type
    help: str = ""
    _: KW_ONLY
    read: Callable[[Any], Any] = lambda value: value
    flag: str | None = None
    metavar: str | None = None
    only_serve: bool = False


def check_profile(name: str) -> str:
    """Return the name of a profile.

    Raises:
        ConfigError: if there is none of this name.
    """
    if name not in PROFILES:
        known = f"{', '.join(PROFILES[:-1])} or {PROFILES[-1]}"
        raise ConfigError(f"profile is {known}, not {shown(name)}")
    return name


def _hash(text: str) -> str:
    """Spread a few hex digits to the length of a sha256."""
    return (text * 64)[:64]


BUILT_IN_CHECKPOINTS = (
    CheckpointConfig(name="sd_xl_base_1.0.safetensors", sha256=_hash("31e35c80fc4829d1")),
    CheckpointConfig(name="sd_xl_refiner_1.0.safetensors", sha256=_hash("7440042bbdc8a24d")),
    CheckpointConfig(name="juggernautXL_v9.safetensors", sha256=_hash("c9e3e68f89b8e38d")),
    CheckpointConfig(name="anime/ponyDiffusionV6XL.safetensors", sha256=_hash("67ab2fd8ec439a89")),
)
BUILT_IN_VAES = (VaeConfig(name="sdxl_vae.safetensors", sha256=_hash("63aeecb90ff7bc1c")),)
BUILT_IN_LORAS = (
    LoraConfig(name="ink", short_hash="5d1f7a2b9c04", metadata={"ss_output_name": "ink"}),
    LoraConfig(name="watercolor", short_hash="8ab24e6f13d7"),
    LoraConfig(name="add-detail-xl", short_hash="9c783c8ce46c"),
    LoraConfig(name="offset", short_hash="4852686128f9"),
)
BUILT_IN_EMBEDDINGS = (
    EmbeddingConfig(name="goodhands", short_hash="5a8f1c7de902", shape=2048, vectors=4),
    EmbeddingConfig(name="negativeXL_D", short_hash="fff5d51ab655", shape=2048, vectors=8),
)
BUILT_IN_STYLES = (
    StyleConfig(
        name="cinematic",
        prompt="cinematic still of {prompt}, shallow depth of field, film grain",
        negative_prompt="cartoon, painting",
    ),
    StyleConfig(name="oil painting", prompt="oil painting, visible brush strokes"),
    StyleConfig(name="clean", negative_prompt="blurry, watermark, low quality"),
)


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """Everything a server is started with; the annotated fields are settings of the command line.

    `step_seconds` is the time of one sampling step, `load_seconds` that of a checkpoint switch;
    `images` is "compact", "realistic" or a folder of pictures to answer with; `strict` refuses
    fields that the WebUI would ignore, with a sentence of this fake's own; `api_auth` and
    `gradio_auth` map user names to passwords; `allow_host` are names under which it may be
    steered; `controlnet_annotators` are the modules of ControlNet whose weights are there;
    `faults` are rules as on the command line; `options` are values that differ from the defaults
    of the real WebUI; `saved_options` says which ones the WebUI's own file holds, "all", "none"
    or these, so that they are put back after an override, None those of a WebUI in use; `upstream`
    is a real WebUI that answers in place of the imitation, `record` the folder for its exchanges,
    and `replay` a recording that answers what it knows before either.
    """

    host: Annotated[
        str, Setting(str, "Address to listen on.  [default: 127.0.0.1]", only_serve=True)
    ] = ""
    port: Annotated[
        int, Setting(int, "Port; 0 takes a free one.  [default: 7860]", only_serve=True)
    ] = 7860
    profile: Annotated[
        str,
        Setting(
            str,
            f"Which WebUI it is: {', '.join(PROFILES)}.  [default: {DEFAULT_PROFILE}]",
            metavar="NAME",
        ),
    ] = DEFAULT_PROFILE
    seed: Annotated[int | None, Setting(int, "Seeds everything that is drawn at random.")] = None
    step_seconds: Annotated[float, Setting(float, "Time per sampling step.  [default: 0]")] = 0.0
    load_seconds: Annotated[float, Setting(float, "Time per checkpoint switch.  [default: 0]")] = (
        0.0
    )
    images: Annotated[
        str, Setting(str, "compact, realistic, or a folder of pictures to answer with.")
    ] = "compact"
    strict: Annotated[
        bool, Setting(bool, "Refuse fields that the WebUI does not know.", only_serve=True)
    ] = False
    output_dir: Annotated[
        Path | None,
        Setting(str, "Where save_images saves; nowhere by default.", read=Path, metavar="PATH"),
    ] = None
    faults: Annotated[
        tuple[str, ...],
        Setting(
            list,
            "How requests fail; SPEC is explained below.",
            read=tuple,
            flag="--fault",
            metavar="SPEC",
        ),
    ] = ()
    api_auth: Annotated[
        Mapping[str, str],
        Setting(str, "Ask for these credentials.", read=parse_accounts, metavar="USER:PW[,…]"),
    ] = field(default_factory=dict)
    cors_allow_origins: Annotated[
        tuple[str, ...],
        Setting(str, "Origins that browsers may call from.", read=split_list, metavar="A,B"),
    ] = ()
    cors_allow_origins_regex: Annotated[
        str, Setting(str, "A pattern of more such origins.", metavar="PATTERN")
    ] = ""
    gradio_auth: Annotated[
        Mapping[str, str],
        Setting(str, "Ask the page's users for these.", read=parse_accounts, metavar="USER:PW[,…]"),
    ] = field(default_factory=dict)
    subpath: Annotated[
        str,
        Setting(str, "Where a proxy in front has it.", read=lambda path: path.strip("/")),
    ] = ""
    tls_keyfile: Annotated[
        Path | None, Setting(str, "Serve HTTPS alone, with this key …", read=Path, metavar="PATH")
    ] = None
    tls_certfile: Annotated[
        Path | None, Setting(str, "… and this certificate.", read=Path, metavar="PATH")
    ] = None
    no_api: Annotated[bool, Setting(bool, "The page alone, without the API.")] = False
    nowebui: Annotated[bool, Setting(bool, "The API alone, without the page.")] = False
    api_server_stop: Annotated[bool, Setting(bool, "Have the server-* routes.")] = False
    allow_remote: Annotated[bool, Setting(bool, "Permit other than loopback.")] = False
    listen: Annotated[bool, Setting(bool, "--host 0.0.0.0 with --allow-remote.")] = False
    allow_host: Annotated[
        tuple[str, ...],
        Setting(list, "Name, beside loopback's, to be steered by.", read=tuple, metavar="NAME"),
    ] = ()
    startup_seconds: Annotated[
        float, Setting(float, "Time to start, phase after phase.  [default: 0]")
    ] = 0.0
    upstream: Annotated[
        str, Setting(str, "Pass requests on to the real WebUI at this URL.", metavar="URL")
    ] = ""
    record: Annotated[
        Path | None,
        Setting(str, "… and add the exchanges to a recording there.", read=Path, metavar="DIR"),
    ] = None
    replay: Annotated[
        Path | None,
        Setting(str, "Answer what a recording knows from there.", read=Path, metavar="DIR"),
    ] = None
    caption: Annotated[str | None, Setting(str)] = None
    journal_bytes: Annotated[int, Setting(int)] = JOURNAL_BYTES
    max_body_bytes: Annotated[int, Setting(int)] = 512 * 1024 * 1024
    most_scopes: Annotated[int, Setting(int)] = 1000
    scope_idle_seconds: Annotated[float, Setting(float)] = 600.0
    controlnet_annotators: Annotated[tuple[str, ...], Setting(list)] = ()
    checkpoints: tuple[CheckpointConfig, ...] = BUILT_IN_CHECKPOINTS
    vaes: tuple[VaeConfig, ...] = BUILT_IN_VAES
    loras: tuple[LoraConfig, ...] = BUILT_IN_LORAS
    embeddings: tuple[EmbeddingConfig, ...] = BUILT_IN_EMBEDDINGS
    styles: tuple[StyleConfig, ...] = BUILT_IN_STYLES
    hypernetworks: tuple[HypernetworkConfig, ...] = ()
    extensions: tuple[str, ...] = ("adetailer",)
    controlnet_models: tuple[ControlNetModelConfig, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    saved_options: str | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what no server can be started with."""
        if self.images not in IMAGE_STYLES and not is_folder(self.images):
            raise ConfigError(f"images is compact, realistic or a folder, not {shown(self.images)}")
        check_profile(self.profile)
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port is between 0 and 65535, not {self.port}")
        for name in ("step_seconds", "load_seconds", "startup_seconds", "scope_idle_seconds"):
            if not 0 <= (seconds := getattr(self, name)) <= LONGEST_S:
                raise ConfigError(f"{name} is from 0 to {LONGEST_S} seconds, not {seconds}")
        for name in ("journal_bytes", "max_body_bytes", "most_scopes"):
            if (size := getattr(self, name)) < 0:
                raise ConfigError(f"{name} is not negative, not {size}")
        self._check_flags()

    def _check_flags(self) -> None:
        if self.no_api and self.nowebui:
            raise ConfigError("no_api and nowebui leave nothing of the WebUI")
        if bool(self.tls_keyfile) != bool(self.tls_certfile):
            raise ConfigError("tls_keyfile and tls_certfile go together")
        check_pattern(self.cors_allow_origins_regex)
        if self.upstream:
            check_upstream(self.upstream)
            self._check_loop(urlsplit(self.upstream))
        elif self.record:
            raise ConfigError("record goes with upstream, the WebUI whose exchanges are recorded")

    def _check_loop(self, upstream: SplitResult) -> None:
        here = {self.address, *(LOOPBACK if self.address in LOOPBACK else ())}
        if self.port and (upstream.hostname, upstream.port) in {(name, self.port) for name in here}:
            raise ConfigError(
                f"upstream {self.upstream} is this server itself; --port gives it another port"
            )

    @property
    def address(self) -> str:
        """The host to listen on."""
        return self.host or ("0.0.0.0" if self.listen else "127.0.0.1")  # noqa: S104 - asked for

    @property
    def root_path(self) -> str:
        """Where a proxy has the server: empty, or a path without a slash at its end."""
        return f"/{self.subpath}" if self.subpath else ""


def is_folder(path: str) -> bool:
    """Return whether there is a folder; there is none of a name that none can have."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def check_pattern(pattern: str) -> None:
    """Refuse what is not a regular expression.

    Raises:
        ConfigError: with what is wrong in it.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"cors_allow_origins_regex {shown(pattern)}: {error}") from None


def check_upstream(url: str) -> None:
    """Refuse what is not the address of a WebUI.

    Raises:
        ConfigError: with what an address is.
    """
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment:
        raise ConfigError(f"upstream is an address such as http://127.0.0.1:7861, not {shown(url)}")
    if "@" in parts.netloc:
        raise ConfigError("upstream has no credentials in it; those of each request are passed on")


SETTINGS: Mapping[str, Setting] = {
    name: hint.__metadata__[0]
    for name, hint in ServerConfig.__annotations__.items()
    if hasattr(hint, "__metadata__")
}
