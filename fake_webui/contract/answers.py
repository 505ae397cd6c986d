"""The shapes of answers, by method and path."""

from collections.abc import Mapping
from typing import Final

from fake_webui.contract.coercion import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    FieldType,
    list_of,
)
from fake_webui.contract.table import Field, Table


def _required(name: str, kind: FieldType, *, nullable: bool = False) -> Field:
    return Field(name, kind, nullable=nullable)


def _texts(*names: str) -> tuple[Field, ...]:
    return tuple(_required(name, STRING) for name in names)


_GENERATED: Final = (
    Field("images", list_of(STRING), None),
    _required("parameters", MAPPING),
    _required("info", STRING),
)

VALIDATION_ERROR: Final = Table(
    "ValidationError",
    (
        _required(
            "loc", list_of(FieldType(ANYTHING.coerce, {"anyOf": [STRING.schema, INTEGER.schema]}))
        ),
        *_texts("msg", "type"),
    ),
)
REFUSAL: Final = Table(
    "HTTPValidationError", (Field("detail", list_of(VALIDATION_ERROR.as_type()), []),)
)
_EMBEDDING: Final = Table(
    "EmbeddingItem",
    (
        Field("step", INTEGER, None),
        Field("sd_checkpoint", STRING, None),
        Field("sd_checkpoint_name", STRING, None),
        _required("shape", INTEGER),
        _required("vectors", INTEGER),
    ),
)
_EMBEDDINGS_BY_NAME: Final = FieldType(
    MAPPING.coerce,
    {"type": "object", "additionalProperties": dict(_EMBEDDING.as_type().schema)},
)
_SCRIPT_ARGUMENT: Final = Table(
    "ScriptArg",
    (
        Field("label", STRING, None),
        Field("value", ANYTHING, None),
        Field("minimum", ANYTHING, None),
        Field("maximum", ANYTHING, None),
        Field("step", ANYTHING, None),
        Field("choices", LIST, None),
    ),
)

_TEXT_TO_IMAGE: Final = Table("TextToImageResponse", _GENERATED)
_IMAGE_TO_IMAGE: Final = Table("ImageToImageResponse", _GENERATED)
_EXTRAS_SINGLE: Final = Table(
    "ExtrasSingleImageResponse", (*_texts("html_info"), Field("image", STRING, None))
)
_EXTRAS_BATCH: Final = Table(
    "ExtrasBatchImagesResponse", (*_texts("html_info"), _required("images", list_of(STRING)))
)
_PNG_INFO: Final = Table(
    "PNGInfoResponse",
    (*_texts("info"), _required("items", MAPPING), _required("parameters", MAPPING)),
)
_PROGRESS: Final = Table(
    "ProgressResponse",
    (
        _required("progress", NUMBER),
        _required("eta_relative", NUMBER),
        _required("state", MAPPING),
        Field("current_image", STRING, None),
        Field("textinfo", STRING, None),
    ),
)
_TASK_PROGRESS: Final = Table(
    "TaskProgressResponse",
    (
        *(_required(name, BOOLEAN) for name in ("active", "queued", "completed")),
        Field("progress", NUMBER, None),
        Field("eta", NUMBER, None),
        Field("live_preview", STRING, None),
        Field("id_live_preview", INTEGER, None),
        Field("textinfo", STRING, None),
    ),
)
_SAMPLER: Final = Table(
    "SamplerItem",
    (*_texts("name"), _required("aliases", list_of(STRING)), _required("options", MAPPING)),
)
_SCHEDULER: Final = Table(
    "SchedulerItem",
    (
        *_texts("name", "label"),
        Field("aliases", list_of(STRING), None),
        Field("default_rho", NUMBER, None),
        Field("need_inner_model", BOOLEAN, None),
    ),
)
_UPSCALER: Final = Table(
    "UpscalerItem",
    (
        *_texts("name"),
        Field("model_name", STRING, None),
        Field("model_path", STRING, None),
        Field("model_url", STRING, None),
        Field("scale", NUMBER, None),
    ),
)
_LATENT_UPSCALER: Final = Table("LatentUpscalerModeItem", _texts("name"))
_CHECKPOINT: Final = Table(
    "SDModelItem",
    (
        *_texts("title", "model_name"),
        Field("hash", STRING, None),
        Field("sha256", STRING, None),
        *_texts("filename"),
        Field("config", STRING, None),
    ),
)
_VAE: Final = Table("SDVaeItem", _texts("model_name", "filename"))
_HYPERNETWORK: Final = Table("HypernetworkItem", (*_texts("name"), Field("path", STRING, None)))
_FACE_RESTORER: Final = Table("FaceRestorerItem", (*_texts("name"), Field("cmd_dir", STRING, None)))
_REALESRGAN: Final = Table(
    "RealesrganItem",
    (*_texts("name"), Field("path", STRING, None), Field("scale", INTEGER, None)),
)
_STYLE: Final = Table(
    "PromptStyleItem",
    (*_texts("name"), Field("prompt", STRING, None), Field("negative_prompt", STRING, None)),
)
_EMBEDDINGS: Final = Table(
    "EmbeddingsResponse",
    (_required("loaded", _EMBEDDINGS_BY_NAME), _required("skipped", _EMBEDDINGS_BY_NAME)),
)
_CREATED: Final = Table("CreateResponse", _texts("info"))
_TRAINED: Final = Table("TrainResponse", _texts("info"))
_MEMORY: Final = Table("MemoryResponse", (_required("ram", MAPPING), _required("cuda", MAPPING)))
_SCRIPTS: Final = Table("ScriptsList", (Field("txt2img", LIST, None), Field("img2img", LIST, None)))
_SCRIPT_INFO: Final = Table(
    "ScriptInfo",
    (
        Field("name", STRING, None),
        Field("is_alwayson", BOOLEAN, None),
        Field("is_img2img", BOOLEAN, None),
        _required("args", list_of(_SCRIPT_ARGUMENT.as_type())),
    ),
)
_EXTENSION: Final = Table(
    "ExtensionItem",
    (
        *_texts("name", "remote", "branch", "commit_hash", "version", "commit_date"),
        _required("enabled", BOOLEAN),
    ),
)
_HINT: Final = Table("QuicksettingsHint", _texts("name", "label"))
_ESTIMATION: Final = Table(
    "Estimation",
    (
        Field("msg", STRING, "estimation"),
        Field("rank", INTEGER, None),
        _required("queue_size", INTEGER),
        Field("avg_event_process_time", NUMBER, None),
        Field("avg_event_concurrent_process_time", NUMBER, None),
        Field("rank_eta", NUMBER, None),
        _required("queue_eta", NUMBER),
    ),
)
OPTIONS: Final = FieldType(MAPPING.coerce, {"$ref": "#/components/schemas/Options"})
FLAGS: Final = FieldType(MAPPING.coerce, {"$ref": "#/components/schemas/Flags"})

ONE: Final[Mapping[str, Table]] = {
    "POST /sdapi/v1/txt2img": _TEXT_TO_IMAGE,
    "POST /sdapi/v1/img2img": _IMAGE_TO_IMAGE,
    "POST /sdapi/v1/extra-single-image": _EXTRAS_SINGLE,
    "POST /sdapi/v1/extra-batch-images": _EXTRAS_BATCH,
    "POST /sdapi/v1/png-info": _PNG_INFO,
    "GET /sdapi/v1/progress": _PROGRESS,
    "POST /internal/progress": _TASK_PROGRESS,
    "GET /sdapi/v1/embeddings": _EMBEDDINGS,
    "POST /sdapi/v1/create/embedding": _CREATED,
    "POST /sdapi/v1/create/hypernetwork": _CREATED,
    "POST /sdapi/v1/train/embedding": _TRAINED,
    "POST /sdapi/v1/train/hypernetwork": _TRAINED,
    "GET /sdapi/v1/memory": _MEMORY,
    "GET /sdapi/v1/scripts": _SCRIPTS,
    "GET /queue/status": _ESTIMATION,
}
MANY: Final[Mapping[str, Table]] = {
    "GET /sdapi/v1/samplers": _SAMPLER,
    "GET /sdapi/v1/schedulers": _SCHEDULER,
    "GET /sdapi/v1/upscalers": _UPSCALER,
    "GET /sdapi/v1/latent-upscale-modes": _LATENT_UPSCALER,
    "GET /sdapi/v1/sd-models": _CHECKPOINT,
    "GET /sdapi/v1/sd-vae": _VAE,
    "GET /sdapi/v1/hypernetworks": _HYPERNETWORK,
    "GET /sdapi/v1/face-restorers": _FACE_RESTORER,
    "GET /sdapi/v1/realesrgan-models": _REALESRGAN,
    "GET /sdapi/v1/prompt-styles": _STYLE,
    "GET /sdapi/v1/script-info": _SCRIPT_INFO,
    "GET /sdapi/v1/extensions": _EXTENSION,
    "GET /internal/quicksettings-hint": _HINT,
}
ANSWERS: Final[Mapping[str, FieldType]] = {
    "GET /sdapi/v1/options": OPTIONS,
    "GET /sdapi/v1/cmd-flags": FLAGS,
    **{address: table.as_type() for address, table in ONE.items()},
    **{address: list_of(table.as_type()) for address, table in MANY.items()},
}
PARTS: Final = (VALIDATION_ERROR, REFUSAL, _EMBEDDING, _SCRIPT_ARGUMENT)
