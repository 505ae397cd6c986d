"""What is told and what may be said, as types: entries, images, rules, settings and options."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

Text = str | Path


class ImageFacts(TypedDict):
    """What an image in a payload is replaced by; None where it can't be decoded."""

    sha256: str
    format: str | None
    width: int | None
    height: int | None
    parameters: str | None


class ListedImage(ImageFacts):
    """An image of an exchange: its index, and its dotted place in what was sent or received."""

    index: int
    direction: Literal["sent", "received"]
    where: str


class Entry(TypedDict):
    """One request in the journal; status and duration are None while it is being answered."""

    n: int
    time: str
    mark: str | None
    method: str
    path: str
    query: dict[str, str | list[str]]
    headers: dict[str, str]
    matched: bool
    unknown_fields: list[str]
    findings: list[str]
    fault: str | None
    status: int | None
    duration_s: float | None
    content_type: str
    sent_bytes: int
    received_bytes: int
    payload: Any
    text: NotRequired[str]


class FullEntry(Entry):
    """An entry with its answer, and every image that it carried."""

    answer: Any
    answer_text: str | None
    images: list[ListedImage]


class Health(TypedDict):
    """What is running."""

    version: str
    profile: str
    emulates: str
    emulated_version: str
    pid: int
    instance_token: str
    upstream: str | None
    scopes: int
    forgotten_scopes: int


class MatchOptions(TypedDict, total=False):
    """Which requests are meant, beside their path; `payload` is a part of the JSON."""

    method: str | None
    mark: str | None
    payload: Mapping[str, Any] | None


class Match(MatchOptions, total=False):
    """Which requests are meant."""

    path: str | None


class Filters(TypedDict, total=False):
    """Which entries of the journal are meant, beside their path."""

    method: str | None
    mark: str | None
    since: int | None
    unmatched: bool | None
    limit: int | None


class Nth(TypedDict):
    """From the nth match on."""

    nth: int


class Probability(TypedDict):
    """By chance, 0 to 1, which is drawn for each match."""

    probability: float


When = Literal["first", "every"] | Nth | Probability


class FaultSettings(TypedDict, total=False):
    """Settings of actions; `--help` says which has which."""

    at: float
    body: Any
    bytes_per_second: int
    content_type: str
    distribution: Literal["fixed", "uniform", "log-normal"]
    module: Literal["VAE", "Unet"]
    phase: Literal["all", "page", "first-routes", "core"]
    pieces: int
    seconds: float
    spread: float
    status: int


FaultRule = TypedDict(
    "FaultRule",
    {
        "action": str | Sequence[str],
        "match": NotRequired[Match],
        "when": NotRequired[When],
        "times": NotRequired[int | None],
        "with": NotRequired[FaultSettings],
    },
)
"""Which requests fail, when and how."""


class PlacedRule(FaultRule):
    """A rule in force, and how often it was met and fired."""

    id: int
    seen: int
    fired: int


class PlacedHold(TypedDict):
    """A hold, what has become of it, and the number of the request that it took."""

    id: int
    match: Match
    at_step: int
    stage: str
    request: int | None


class _Changes(TypedDict, total=False):
    step_seconds: float
    load_seconds: float
    seed: int | None
    images: str


class SettingChanges(_Changes, total=False):
    """What may change while the server runs; strict: it refuses unknown fields itself."""

    strict: bool


class Settings(TypedDict):
    """The settings that may change, as they are."""

    step_seconds: float
    load_seconds: float
    seed: int | None
    images: str
    strict: bool


class OptionsOfTest(_Changes, total=False):
    """What the pytest mark and `FakeWebUI.test` take, for one test.

    With `strict`, addresses and fields that the WebUI does not know fail the test, but on paths
    that a pattern of `allow` fits.
    """

    strict: bool
    allow: Sequence[str]
    faults: Sequence[str | FaultRule]


class ServerOptions(TypedDict, total=False):
    """The options of the command line that a server is started with."""

    config: Text | None
    host: str | None
    port: int | None
    profile: str | None
    seed: int | None
    step_seconds: float | None
    load_seconds: float | None
    images: Text | None
    output_dir: Text | None
    fault: str | Sequence[str] | None
    api_auth: str | None
    cors_allow_origins: str | None
    cors_allow_origins_regex: str | None
    gradio_auth: str | None
    subpath: str | None
    tls_keyfile: Text | None
    tls_certfile: Text | None
    no_api: bool | None
    nowebui: bool | None
    api_server_stop: bool | None
    allow_remote: bool | None
    listen: bool | None
    allow_host: str | Sequence[str] | None
    startup_seconds: float | None
    upstream: str | None
    record: Text | None
    replay: Text | None
