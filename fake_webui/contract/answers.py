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


def _table(name: str, /, *fields: Field | str, **optional: FieldType) -> Table:
    """Return a table where a name alone is text that is always there, a type what may be null."""
    first = (Field(one, STRING) if isinstance(one, str) else one for one in fields)
    return Table(name, (*first, *(Field(key, kind, None) for key, kind in optional.items())))


_GENERATED: Final = (Field("parameters", MAPPING), "info")
TEXT_TO_IMAGE: Final = _table("TextToImageResponse", *_GENERATED, images=list_of(STRING))
IMAGE_TO_IMAGE: Final = _table("ImageToImageResponse", *_GENERATED, images=list_of(STRING))
EXTRAS_SINGLE: Final = _table("ExtrasSingleImageResponse", "html_info", image=STRING)
EXTRAS_BATCH: Final = _table(
    "ExtrasBatchImagesResponse", "html_info", Field("images", list_of(STRING))
)
PNG_INFO: Final = _table(
    "PNGInfoResponse", "info", Field("items", MAPPING), Field("parameters", MAPPING)
)

PROGRESS: Final = _table(
    "ProgressResponse",
    Field("progress", NUMBER),
    Field("eta_relative", NUMBER),
    Field("state", MAPPING),
    current_image=STRING,
    textinfo=STRING,
)
TASK_PROGRESS: Final = _table(
    "TaskProgressResponse",
    Field("active", BOOLEAN),
    Field("queued", BOOLEAN),
    Field("completed", BOOLEAN),
    progress=NUMBER,
    eta=NUMBER,
    live_preview=STRING,
    id_live_preview=INTEGER,
    textinfo=STRING,
)

SAMPLER: Final = _table(
    "SamplerItem", "name", Field("aliases", list_of(STRING)), Field("options", MAPPING)
)
SCHEDULER: Final = _table(
    "SchedulerItem",
    "name",
    "label",
    aliases=list_of(STRING),
    default_rho=NUMBER,
    need_inner_model=BOOLEAN,
)
UPSCALER: Final = _table(
    "UpscalerItem", "name", model_name=STRING, model_path=STRING, model_url=STRING, scale=NUMBER
)
LATENT_UPSCALER: Final = _table("LatentUpscalerModeItem", "name")
CHECKPOINT: Final = _table(
    "SDModelItem",
    "title",
    "model_name",
    Field("hash", STRING, None),
    Field("sha256", STRING, None),
    "filename",
    config=STRING,
)
VAE: Final = _table("SDVaeItem", "model_name", "filename")
HYPERNETWORK: Final = _table("HypernetworkItem", "name", path=STRING)
FACE_RESTORER: Final = _table("FaceRestorerItem", "name", cmd_dir=STRING)
REALESRGAN: Final = _table("RealesrganItem", "name", path=STRING, scale=INTEGER)
STYLE: Final = _table("PromptStyleItem", "name", prompt=STRING, negative_prompt=STRING)
EMBEDDING: Final = _table(
    "EmbeddingItem",
    Field("step", INTEGER, None),
    Field("sd_checkpoint", STRING, None),
    Field("sd_checkpoint_name", STRING, None),
    Field("shape", INTEGER),
    Field("vectors", INTEGER),
)
EMBEDDINGS: Final = _table(
    "EmbeddingsResponse",
    Field("loaded", mapping_of(EMBEDDING)),
    Field("skipped", mapping_of(EMBEDDING)),
)
EXTENSION: Final = _table(
    "ExtensionItem",
    *("name", "remote", "branch", "commit_hash", "version", "commit_date"),
    Field("enabled", BOOLEAN),
)
SCRIPTS: Final = _table("ScriptsList", txt2img=LIST, img2img=LIST)
_SCRIPT_ARGUMENT: Final = _table(
    "ScriptArg",
    label=STRING,
    value=ANYTHING,
    minimum=ANYTHING,
    maximum=ANYTHING,
    step=ANYTHING,
    choices=LIST,
)
SCRIPT_INFO: Final = _table(
    "ScriptInfo",
    Field("args", list_of(_SCRIPT_ARGUMENT)),
    name=STRING,
    is_alwayson=BOOLEAN,
    is_img2img=BOOLEAN,
)

CREATED: Final = _table("CreateResponse", "info")
TRAINED: Final = _table("TrainResponse", "info")
MEMORY: Final = _table("MemoryResponse", Field("ram", MAPPING), Field("cuda", MAPPING))
HINT: Final = _table("QuicksettingsHint", "name", "label")
ESTIMATION: Final = Table(
    "Estimation",
    (
        Field("msg", STRING, "estimation"),
        Field("rank", INTEGER, None),
        Field("queue_size", INTEGER),
        Field("avg_event_process_time", NUMBER, None),
        Field("avg_event_concurrent_process_time", NUMBER, None),
        Field("rank_eta", NUMBER, None),
        Field("queue_eta", NUMBER),
    ),
)
OPTIONS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Options"})
FLAGS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Flags"})

_PLACE: Final = PlainType(ANYTHING.coerce, {"anyOf": [STRING.schema, INTEGER.schema]})
REFUSAL: Final = Table(
    "HTTPValidationError",
    (
        Field(
            "detail",
            list_of(_table("ValidationError", "msg", "type", Field("loc", list_of(_PLACE)))),
            [],
        ),
    ),
)
