"""Every endpoint that is imitated: where it is, what it reads and who may call it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from fake_webui.contract import tables
from fake_webui.contract.coercion import MAPPING, FieldType
from fake_webui.contract.table import Table

API: Final = "/sdapi/v1/"
DESCRIPTIONS: Final = ("/openapi.json", "/docs", "/redoc")
WITHOUT_CREDENTIALS: Final = frozenset({"/sdapi/v1/loras", "/sdapi/v1/refresh-loras"})


@dataclass(frozen=True)
class Endpoint:
    """One method on one path.

    `body` is the table of its fields, or MAPPING where any object is taken; `query` the table of
    its query parameters; `form` that of its form fields; `needs` the part of the server it comes
    with: "" always, "webui" with the page, "stop" with --api-server-stop, or an extension's name.
    """

    method: str
    path: str
    body: Table | FieldType | None = None
    query: Table | None = None
    form: Table | None = None
    needs: str = ""

    @property
    def guarded(self) -> bool:
        """Whether --api-auth asks for credentials here."""
        return self.path.startswith(API) and self.path not in WITHOUT_CREDENTIALS


Index = Mapping[str, Mapping[str, Endpoint]]


def index(parts: Collection[str]) -> Index:
    """Return the endpoints of a server that has `parts`, by path, then method.

    The first method of a path is the one that the real server names where another is refused.
    """
    found: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        if not endpoint.needs or endpoint.needs in parts:
            found.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return found


def _api(method: str, *names: str, needs: str = "") -> tuple[Endpoint, ...]:
    return tuple(Endpoint(method, API + name, needs=needs) for name in names)


def _page(method: str, *paths: str) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(method, path, needs="webui") for path in paths)


ENDPOINTS: Final = (
    *(Endpoint(method, path) for path in DESCRIPTIONS for method in ("GET", "HEAD")),
    *_page("GET", "/user/", "/user", "/login_check/", "/login_check", "/token/", "/token"),
    *_page("GET", "/app_id/", "/app_id"),
    Endpoint("POST", "/login/", form=tables.LOGIN_FORM, needs="webui"),
    Endpoint("POST", "/login", form=tables.LOGIN_FORM, needs="webui"),
    *_page("GET", "/"),
    *_page("HEAD", "/"),
    Endpoint("GET", "/info", query=tables.SERIALIZE_QUERY, needs="webui"),
    Endpoint("GET", "/info/", query=tables.SERIALIZE_QUERY, needs="webui"),
    *_page("GET", "/config", "/config/", "/favicon.ico", "/queue/status", "/startup-events"),
    *_page("GET", "/theme.css", "/robots.txt", "/internal/pending-tasks"),
    Endpoint("POST", "/internal/progress", tables.INTERNAL_PROGRESS, needs="webui"),
    *_page("GET", "/internal/quicksettings-hint", "/internal/ping", "/internal/profile-startup"),
    Endpoint("GET", "/internal/sysinfo", query=tables.ATTACHMENT_QUERY, needs="webui"),
    *_page("GET", "/internal/sysinfo-download"),
    Endpoint("POST", "/sdapi/v1/txt2img", tables.TXT2IMG),
    Endpoint("POST", "/sdapi/v1/img2img", tables.IMG2IMG),
    Endpoint("POST", "/sdapi/v1/extra-single-image", tables.EXTRA_SINGLE),
    Endpoint("POST", "/sdapi/v1/extra-batch-images", tables.EXTRA_BATCH),
    Endpoint("POST", "/sdapi/v1/png-info", tables.PNG_INFO),
    Endpoint("GET", "/sdapi/v1/progress", query=tables.PROGRESS_QUERY),
    Endpoint("POST", "/sdapi/v1/interrogate", tables.INTERROGATE),
    *_api("POST", "interrupt", "skip"),
    *_api("GET", "options"),
    Endpoint("POST", "/sdapi/v1/options", MAPPING),
    *_api("GET", "cmd-flags", "samplers", "schedulers", "upscalers", "latent-upscale-modes"),
    *_api("GET", "sd-models", "sd-vae", "hypernetworks", "face-restorers", "realesrgan-models"),
    *_api("GET", "prompt-styles", "embeddings"),
    *_api("POST", "refresh-embeddings", "refresh-checkpoints", "refresh-vae"),
    Endpoint("POST", "/sdapi/v1/create/embedding", MAPPING),
    Endpoint("POST", "/sdapi/v1/create/hypernetwork", MAPPING),
    Endpoint("POST", "/sdapi/v1/train/embedding", MAPPING),
    Endpoint("POST", "/sdapi/v1/train/hypernetwork", MAPPING),
    *_api("GET", "memory"),
    *_api("POST", "unload-checkpoint", "reload-checkpoint"),
    *_api("GET", "scripts", "script-info", "extensions"),
    *_api("POST", "server-kill", "server-restart", "server-stop", needs="stop"),
    *_api("GET", "loras"),
    *_api("POST", "refresh-loras"),
    Endpoint("GET", "/adetailer/v1/version", needs="adetailer"),
    Endpoint("GET", "/adetailer/v1/schema", needs="adetailer"),
    Endpoint("GET", "/adetailer/v1/ad_model", needs="adetailer"),
)
