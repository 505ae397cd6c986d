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
    either,
    list_of,
    mapping_of,
)
from fake_webui.contract.table import Field, Table


def _table(name: str, *fields: Field | str, module: str = "") -> Table:
    """Return a table where a name alone is text that is always there."""
    found = tuple(_text(one) if isinstance(one, str) else one for one in fields)
    return Table(name, found, module=module)


def _text(name: str, title: str | None = None) -> Field:
    return Field(name, STRING, title=title)


def _maybe(name: str, kind: FieldType = STRING, title: str | None = None) -> Field:
    """Return a field that may be null or left out."""
    return Field(name, kind, None, title=title)


def _null(name: str, kind: FieldType = STRING, title: str | None = None) -> Field:
    """Return a field that may be null and is never left out."""
    return Field(name, kind, None, title=title, always=True)


_TEXTS: Final = list_of(STRING)
_GENERATED: Final = (_maybe("images", _TEXTS, "Image"), Field("parameters", MAPPING), "info")
TEXT_TO_IMAGE: Final = _table("TextToImageResponse", *_GENERATED)
IMAGE_TO_IMAGE: Final = _table("ImageToImageResponse", *_GENERATED)
_EXTRAS_TEXT: Final = _text("html_info", "HTML info")
EXTRAS_SINGLE: Final = _table("ExtrasSingleImageResponse", _EXTRAS_TEXT, _maybe("image"))
EXTRAS_BATCH: Final = _table("ExtrasBatchImagesResponse", _EXTRAS_TEXT, Field("images", _TEXTS))
PNG_INFO: Final = _table(
    "PNGInfoResponse",
    _text("info", "Image info"),
    Field("items", MAPPING),
    Field("parameters", MAPPING),
)

PROGRESS: Final = _table(
    "ProgressResponse",
    Field("progress", NUMBER),
    Field("eta_relative", NUMBER, title="ETA in secs"),
    Field("state", MAPPING),
    _maybe("current_image", title="Current image"),
    _maybe("textinfo", title="Info text"),
    module="modules.api.models",
)
TASK_PROGRESS: Final = _table(
    "ProgressResponse",
    Field("active", BOOLEAN, title="Whether the task is being worked on right now"),
    Field("queued", BOOLEAN, title="Whether the task is in queue"),
    Field("completed", BOOLEAN, title="Whether the task has already finished"),
    _maybe("progress", NUMBER),
    _maybe("eta", NUMBER, "ETA in secs"),
    _maybe("live_preview", title="Live preview image"),
    _maybe("id_live_preview", INTEGER, "Live preview image ID"),
    _maybe("textinfo", title="Info text"),
    module="modules.progress",
)

SAMPLER: Final = _table(
    "SamplerItem", "name", Field("aliases", _TEXTS), Field("options", mapping_of(STRING))
)
SCHEDULER: Final = _table(
    "SchedulerItem",
    "name",
    "label",
    _null("aliases", _TEXTS),
    _null("default_rho", NUMBER),
    _null("need_inner_model", BOOLEAN, "Needs Inner Model"),
)
UPSCALER: Final = _table(
    "UpscalerItem",
    "name",
    _null("model_name"),
    _null("model_path", title="Path"),
    _null("model_url", title="URL"),
    _null("scale", NUMBER),
)
LATENT_UPSCALER: Final = _table("LatentUpscalerModeItem", "name")
CHECKPOINT: Final = _table(
    "SDModelItem",
    "title",
    "model_name",
    _null("hash", title="Short hash"),
    _null("sha256", title="sha256 hash"),
    "filename",
    _maybe("config", title="Config file"),
)
VAE: Final = _table("SDVaeItem", "model_name", "filename")
HYPERNETWORK: Final = _table("HypernetworkItem", "name", _null("path"))
FACE_RESTORER: Final = _table("FaceRestorerItem", "name", _null("cmd_dir", title="Path"))
REALESRGAN: Final = _table("RealesrganItem", "name", _null("path"), _null("scale", INTEGER))
STYLE: Final = _table("PromptStyleItem", "name", _null("prompt"), _null("negative_prompt"))
EMBEDDING: Final = _table(
    "EmbeddingItem",
    _null("step", INTEGER),
    _null("sd_checkpoint", title="SD Checkpoint"),
    _null("sd_checkpoint_name", title="SD Checkpoint Name"),
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
SCRIPTS: Final = _table(
    "ScriptsList", _maybe("txt2img", LIST, "Txt2img"), _maybe("img2img", LIST, "Img2img")
)
_SCRIPT_ARGUMENT: Final = _table(
    "ScriptArg",
    _maybe("label"),
    _maybe("value", ANYTHING),
    _maybe("minimum", ANYTHING),
    _maybe("maximum", ANYTHING, "Minimum"),
    _maybe("step", ANYTHING, "Minimum"),
    _maybe("choices", _TEXTS),
)
SCRIPT_INFO: Final = _table(
    "ScriptInfo",
    _maybe("name"),
    _maybe("is_alwayson", BOOLEAN, "IsAlwayson"),
    _maybe("is_img2img", BOOLEAN, "IsImg2img"),
    Field("args", list_of(_SCRIPT_ARGUMENT), title="Arguments"),
)

CREATED: Final = _table("CreateResponse", _text("info", "Create info"))
TRAINED: Final = _table("TrainResponse", _text("info", "Train info"))
MEMORY: Final = _table(
    "MemoryResponse", Field("ram", MAPPING, title="RAM"), Field("cuda", MAPPING, title="CUDA")
)
HINT: Final = _table(
    "QuicksettingsHint",
    _text("name", "Name of the quicksettings field"),
    _text("label", "Label of the quicksettings field"),
)
ESTIMATION: Final = _table(
    "Estimation",
    Field("msg", STRING, "estimation"),
    _maybe("rank", INTEGER),
    Field("queue_size", INTEGER),
    _maybe("avg_event_process_time", NUMBER),
    _maybe("avg_event_concurrent_process_time", NUMBER),
    _maybe("rank_eta", NUMBER),
    Field("queue_eta", NUMBER),
)
OPTIONS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Options"})
FLAGS: Final = PlainType(MAPPING.coerce, {"$ref": "#/components/schemas/Flags"})

_MISTAKE: Final = _table(
    "ValidationError",
    Field("loc", list_of(either(STRING, INTEGER)), title="Location"),
    _text("msg", "Message"),
    _text("type", "Error Type"),
)
REFUSAL: Final = _table("HTTPValidationError", _maybe("detail", list_of(_MISTAKE)))
