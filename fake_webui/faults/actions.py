"""The faults that can be asked for: names, settings, and where each makes sense.

One table, from which rules are checked, `GET faults` answers and the inspector makes its buttons.
"""

from dataclasses import dataclass
from typing import Any

from fake_webui.contract.endpoint import Index, Work, work_at
from fake_webui.faults.latency import DEFAULT_SPREAD, DISTRIBUTIONS, FIXED

IMAGES_OUT = (Work.GENERATION, Work.EXTRAS)
LOADING = (Work.OPTIONS, Work.GENERATION, Work.LOADING)
EVERYWHERE = ()
ALL_PHASES = "all"
PHASES = (ALL_PHASES, "page", "first-routes", "core")


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a rule's `with`: its type is that of `default`, unless `choices` are given.

    One that is `optional` is not among a rule's settings unless it is given.
    """

    name: str
    default: Any
    about: str
    choices: tuple[str, ...] = ()
    lowest: float = 0
    highest: float = 86_400  # a day, where it is seconds
    any_type: bool = False
    optional: bool = False

    def problem(self, value: Any) -> str | None:
        """Return what a value must be, None if it is that."""
        if self.any_type:
            is_sendable = not isinstance(value, str) or can_be_encoded(value, "utf-8")
            return None if is_sendable else "text without halves of surrogate pairs"
        if self.choices:
            return None if value in self.choices else f"one of {', '.join(self.choices)}"
        if isinstance(self.default, str):
            is_header = isinstance(value, str) and value.isprintable()
            is_header = is_header and can_be_encoded(value, "latin-1")
            return None if is_header else "a string of one line in letters of Latin-1"
        whole = isinstance(self.default, int)
        if isinstance(value, bool) or not isinstance(value, (int,) if whole else (int, float)):
            return "a whole number" if whole else "a number"
        in_range = self.lowest <= value <= self.highest
        return None if in_range else f"from {self.lowest:g} to {self.highest:g}"


def can_be_encoded(text: str, encoding: str) -> bool:
    """Return whether every character of a text can be sent in an encoding."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule can make happen, to requests for the kinds of `work`; none means to every one.

    `times` is how often it happens where neither a rule's `when` nor its `times` say. What happens
    within a WebUI can be `imitated` alone: a real one that answers can't be made to do it.
    """

    name: str
    symptom: str
    work: tuple[Work, ...] = EVERYWHERE
    settings: tuple[Setting, ...] = ()
    times: int | None = None
    imitated: bool = False

    def paths(self, endpoints: Index) -> tuple[str, ...]:
        """Return the paths at which a request can show the symptom; none means all."""
        return tuple(path for path in endpoints if work_at(endpoints, path) in self.work)

    def as_help(self) -> str:
        """Return the symptom and the keys for settings."""
        keys = ", ".join(setting.name for setting in self.settings)
        return f"{self.symptom} ({keys})" if keys else self.symptom

    def as_json(self, endpoints: Index) -> dict[str, Any]:
        """Return the action as `GET faults` lists it."""
        settings = {
            one.name: {"default": one.default, "about": one.about}
            | ({"choices": list(one.choices)} if one.choices else {})
            for one in self.settings
        }
        return {"symptom": self.symptom, "endpoints": list(self.paths(endpoints)), "with": settings}


SECONDS = "seconds"
STATUS = Setting("status", 500, "HTTP status of the answer", lowest=200, highest=599)
BODY = Setting("body", None, "any JSON value, or a string to send as it is", any_type=True)
LATENCY = (
    Setting(
        "distribution", FIXED, "how it is drawn, by seed and order", DISTRIBUTIONS, optional=True
    ),
    Setting(
        "spread",
        DEFAULT_SPREAD,
        "uniform: seconds more at most; log-normal: sigma",
        highest=3600,
        optional=True,
    ),
)
AT = Setting("at", 0.5, "how far through its steps the generation gets", highest=1)

ACTIONS = {
    action.name: action
    for action in (
        Action(
            "out-of-memory",
            "500 OutOfMemoryError: CUDA out of memory",
            (*IMAGES_OUT, Work.INTERROGATION, Work.OPTIONS, Work.LOADING),
            (AT,),
        ),
        Action(
            "nan",
            "500 NansException: a tensor with NaNs was produced",
            (Work.GENERATION,),
            (Setting("module", "VAE", "which part made the NaNs", ("VAE", "Unet")), AT),
        ),
        Action(
            "cuda-error",
            "500 RuntimeError: an illegal memory access was encountered",
            (*IMAGES_OUT, Work.INTERROGATION),
            (AT,),
        ),
        Action("missing-model", "500: the checkpoint can't be found or loaded", LOADING),
        Action("status", "an answer with this status and body", EVERYWHERE, (STATUS, BODY)),
        Action(
            "proxy-timeout",
            "a gateway's HTML error page, while the work goes on behind it",
            EVERYWHERE,
            (
                Setting(SECONDS, 60.0, "how long the proxy waits"),
                Setting(
                    "status",
                    504,
                    "504 as nginx answers, 524 as Cloudflare does",
                    lowest=500,
                    highest=599,
                ),
            ),
        ),
        Action(
            "delay",
            "the answer comes late",
            EVERYWHERE,
            (Setting(SECONDS, 1.0, "how late; with log-normal the median"), *LATENCY),
        ),
        Action(
            "slow-first-byte",
            "the work is done at once, and the first byte of the answer comes late",
            EVERYWHERE,
            (Setting(SECONDS, 1.0, "how late; with log-normal the median"), *LATENCY),
        ),
        Action(
            "throttle",
            "the answer comes at a rate, as over a slow line",
            EVERYWHERE,
            (Setting("bytes_per_second", 65_536, "the rate", lowest=1, highest=10**9),),
        ),
        Action("hang", "no byte is ever sent; other requests are served"),
        Action(
            "slow-load",
            "the next checkpoint switch takes long",
            LOADING,
            (Setting(SECONDS, 163.0, "how long the switch takes"),),
            imitated=True,
        ),
        Action(
            "starting",
            "the WebUI starts from this request on: the page alone, then first routes that can't "
            "generate, then all but those of extensions",
            EVERYWHERE,
            (
                Setting(SECONDS, 3.0, "how long the start takes"),
                Setting(
                    "phase",
                    ALL_PHASES,
                    "all in turn, or it stays in this one",
                    PHASES,
                    optional=True,
                ),
            ),
            times=1,
        ),
        Action(
            "dribble",
            "the answer comes in small pieces",
            EVERYWHERE,
            (
                Setting(SECONDS, 5.0, "how long the whole answer takes"),
                Setting("pieces", 20, "how many pieces it comes in", lowest=1, highest=10_000),
            ),
        ),
        Action(
            "stalled-progress",
            "progress freezes near the last step and the answer waits with it",
            (Work.GENERATION,),
            (
                Setting(SECONDS, 0.0, "how long it stays frozen; 0: until interrupt or reset"),
                Setting("at", 0.95, AT.about, highest=1),
            ),
            imitated=True,
        ),
        Action("reset", "the connection is reset before a byte"),
        Action("reset-mid-body", "the connection is reset after half of the body"),
        Action("empty", "the connection is closed without a byte"),
        Action("truncated-json", "200, and half of the JSON as if it were all"),
        Action("garbage", "200 application/json, and bytes that are not JSON"),
        Action(
            "wrong-content-type",
            "the right body under another media type",
            EVERYWHERE,
            (Setting("content_type", "text/html; charset=utf-8", "the media type"),),
        ),
        Action("missing-info", "200 without the key info", (Work.GENERATION, Work.PNG_INFO)),
        Action("missing-images", "200 without the key images, or image", IMAGES_OUT),
        Action("corrupt-base64", "images that are not base64", IMAGES_OUT),
        Action("truncated-png", "images whose second half is missing", IMAGES_OUT),
        Action("black-image", "all-black images with ordinary info", IMAGES_OUT),
        Action("data-uri", "images as data: URIs instead of bare base64", IMAGES_OUT),
        Action(
            "ignored-options",
            "200, and neither options nor override_settings change a thing",
            (Work.OPTIONS, Work.GENERATION),
        ),
    )
}


def possible_actions(*, is_imitation: bool) -> dict[str, Action]:
    """Return the actions that there are where an imitation answers, or where a real WebUI does."""
    return {name: one for name, one in ACTIONS.items() if is_imitation or not one.imitated}
