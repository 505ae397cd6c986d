"""SD.Next: `--profile sdnext`."""

from typing import Any, Final

from fake_webui.contract import Endpoint
from fake_webui.contract.dialect import Dialect
from fake_webui.contract.envelope import Envelope
from fake_webui.contract.pydantic2 import Pydantic2
from fake_webui.data import read_data
from fake_webui.errors import ApiError, HandlerError, HttpError
from fake_webui.profiles.profile import Profile
from fake_webui.profiles.sdnext import (
    checkpoints,
    lists,
    networks,
    options,
    scripts,
    settings_page,
    status,
    tools,
)
from fake_webui.profiles.sdnext.findings import find, find_in_extras, find_in_options
from fake_webui.profiles.sdnext.limit import count_call
from fake_webui.profiles.sdnext.memory import Memory
from fake_webui.profiles.sdnext.tables import FOLDER, table
from fake_webui.webui.policy import Hooks, Policy

VERSION: Final = "058a7f0"
MODULES: Final = "fake_webui.profiles.sdnext"
PYDANTIC: Final = Pydantic2()
ABSENT: Final = frozenset(
    {
        "/user/",
        "/login_check/",
        "/token/",
        "/api/{api_name}/",
        "/app_id/",
        "/login/",
        "/info/",
        "/config/",
        "/reset/",
        "/run/{api_name}/",
        "/controlnet/version",
        "/internal/pending-tasks",
        "/internal/ping",
        "/internal/profile-startup",
        "/internal/quicksettings-hint",
        "/internal/sysinfo",
        "/internal/sysinfo-download",
        "/sd_extra_networks/cover-images",
        "/sd_extra_networks/get-single-card",
        "/sd_extra_networks/metadata",
        "/sd_extra_networks/thumb",
        "/sdapi/v1/create/embedding",
        "/sdapi/v1/create/hypernetwork",
        "/sdapi/v1/hypernetworks",
        "/sdapi/v1/interrogate",
        "/sdapi/v1/latent-upscale-modes",
        "/sdapi/v1/realesrgan-models",
        "/sdapi/v1/refresh-embeddings",
        "/sdapi/v1/server-kill",
        "/sdapi/v1/server-restart",
        "/sdapi/v1/server-stop",
        "/sdapi/v1/train/embedding",
        "/sdapi/v1/train/hypernetwork",
    }
)
MOVED: Final = {
    "/sdapi/v1/interrogate": "/sdapi/v1/caption",
    "/sdapi/v1/latent-upscale-modes": "/sdapi/v1/upscalers",
    "/sdapi/v1/realesrgan-models": "/sdapi/v1/upscalers",
    "/sdapi/v1/server-kill": "/sdapi/v1/shutdown",
    "/sdapi/v1/server-restart": "/sdapi/v1/restart",
    "/sdapi/v1/server-stop": "/sdapi/v1/shutdown",
}
FAMILIES: Final = (checkpoints, lists, networks, options, scripts, settings_page, status, tools)
ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(
    endpoint for family in FAMILIES for endpoint in family.endpoints.endpoints
)


class SdNextEnvelope(Envelope):
    """Five keys: the status again, and the text of an HTTP error under `errors` too."""

    def body(self, error: ApiError) -> Any:
        """Return the JSON value of the answer."""
        if isinstance(error, HandlerError):
            return self._five(error.class_name, error.status, "", error.value, error.message)
        if isinstance(error, HttpError):
            text = f"{error.status}: {error.detail}"
            return self._five("HTTPException", error.status, error.detail, "", text)
        return error.body()

    @staticmethod
    def _five(name: str, code: int, detail: str, body: Any, errors: str) -> dict[str, Any]:
        return {"error": name, "code": code, "detail": detail, "body": body, "errors": errors}


PROFILE: Final = Profile(
    name="sdnext",
    title="SD.Next",
    policy=Policy(
        version=VERSION,
        root="/srv/sdnext",
        tables=FOLDER,
        extension_options=(),
        opens_when_ready=True,
        workshop={
            name: f"{MODULES}.{name}" for name in ("generation", "pnginfo", "postprocessing")
        },
        memory=Memory,
        title_of=checkpoints.title_of,
        hooks=Hooks(findings=find, option_findings=find_in_options, extras_findings=find_in_extras),
    ),
    dialect=Dialect(
        table=PYDANTIC.table,
        type=PYDANTIC.type,
        syntax=PYDANTIC.syntax,
        missing=PYDANTIC.missing,
        openapi="3.1.0",
    ),
    envelope=SdNextEnvelope(malformed="Not authenticated", wrong="Unauthorized"),
    count_call=count_call,
    parts=("shutdown",),
    absent=ABSENT,
    moved=MOVED,
    endpoints=ENDPOINTS,
    names=read_data("names", FOLDER),
    document={"title": "SD.Next", "version": f"0.0.{VERSION}"},
    tables={
        "StableDiffusionProcessingTxt2Img": table("StableDiffusionProcessingTxt2Img"),
        "StableDiffusionProcessingImg2Img": table("StableDiffusionProcessingImg2Img"),
        "ExtrasSingleImageRequest": table("ReqProcessImage"),
        "ExtrasBatchImagesRequest": table("ReqProcessBatch"),
    },
    foreign=frozenset({"adetailer", "controlnet"}),
)
