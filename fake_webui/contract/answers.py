"""The shapes of answers."""

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
    PlainType,
    list_of,
    mapping_of,
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
            "loc", list_of(PlainType(ANYTHING.coerce, {"anyOf": [STRING.schema, INTEGER.schema]}))
        ),
        *_texts("msg", "type"),
    ),
)
REFUSAL: Final = Table("HTTPValidationError", (Field("detail", list_of(VALIDATION_ERROR), []),))
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
_EMBEDDINGS_BY_NAME: Final = mapping_of(_EMBEDDING)
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

TEXT_TO_IMAGE: Final = Table("TextToImageResponse", _GENERATED)
IMAGE_TO_IMAGE: Final = Table("ImageToImageResponse", _GENERATED)
EXTRAS_SINGLE: Final = Table(
    "ExtrasSingleImageResponse", (*_texts("html_info"), Field("image", STRING, None))
)
EXTRAS_BATCH: Final = Table(
    "ExtrasBatchImagesResponse", (*_texts("html_info"), _required("images", list_of(STRING)))
)
PNG_INFO: Final = Table(
    "PNGInfoResponse",
    (*_texts("info"), _required("items", MAPPING), _required("parameters", MAPPING)),
)
PROGRESS: Final = Table(
    "ProgressResponse",
    (
        _required("progress", NUMBER),
        _required("eta_relative", NUMBER),
        _required("state", MAPPING),
        Field("current_image", STRING, None),
        Field("textinfo", STRING, None),
    ),
)
TASK_PROGRESS: Final = Table(
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
SAMPLER: Final = Table(
    "SamplerItem",
    (*_texts("name"), _required("aliases", list_of(STRING)), _required("options", MAPPING)),
)
SCHEDULER: Final = Table(
    "SchedulerItem",
    (
        *_texts("name", "label"),
        Field("aliases", list_of(STRING), None),
        Field("default_rho", NUMBER, None),
        Field("need_inner_model", BOOLEAN, None),
    ),
)
UPSCALER: Final = Table(
    "UpscalerItem",
    (
        *_texts("name"),
        Field("model_name", STRING, None),
        Field("model_path", STRING, None),
        Field("model_url", STRING, None),
        Field("scale", NUMBER, None),
    ),
)
LATENT_UPSCALER: Final = Table("LatentUpscalerModeItem", _texts("name"))
CHECKPOINT: Final = Table(
    "SDModelItem",
    (
        *_texts("title", "model_name"),
        Field("hash", STRING, None),
        Field("sha256", STRING, None),
        *_texts("filename"),
        Field("config", STRING, None),
    ),
)
VAE: Final = Table("SDVaeItem", _texts("model_name", "filename"))
HYPERNETWORK: Final = Table("HypernetworkItem", (*_texts("name"), Field("path", STRING, None)))
FACE_RESTORER: Final = Table("FaceRestorerItem", (*_texts("name"), Field("cmd_dir", STRING, None)))
REALESRGAN: Final = Table(
    "RealesrganItem",
    (*_texts("name"), Field("path", STRING, None), Field("scale", INTEGER, None)),
)
STYLE: Final = Table(
    "PromptStyleItem",
    (*_texts("name"), Field("prompt", STRING, None), Field("negative_prompt", STRING, None)),
)
EMBEDDINGS: Final = Table(
    "EmbeddingsResponse",
    (_required("loaded", _EMBEDDINGS_BY_NAME), _required("skipped", _EMBEDDINGS_BY_NAME)),
)
CREATED: Final = Table("CreateResponse", _texts("info"))
TRAINED: Final = Table("TrainResponse", _texts("info"))
MEMORY: Final = Table("MemoryResponse", (_required("ram", MAPPING), _required("cuda", MAPPING)))
SCRIPTS: Final = Table("ScriptsList", (Field("txt2img", LIST, None), Field("img2img", LIST, None)))
SCRIPT_INFO: Final = Table(
    "ScriptInfo",
    (
        Field("name", STRING, None),
        Field("is_alwayson", BOOLEAN, None),
        Field("is_img2img", BOOLEAN, None),
        _required("args", list_of(_SCRIPT_ARGUMENT)),
    ),
)
EXTENSION: Final = Table(
    "ExtensionItem",
    (
        *_texts("name", "remote", "branch", "commit_hash", "version", "commit_date"),
        _required("enabled", BOOLEAN),
    ),
)
HINT: Final = Table("QuicksettingsHint", _texts("name", "label"))
ESTIMATION: Final = Table(
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
OPTIONS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Options"})
FLAGS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Flags"})
