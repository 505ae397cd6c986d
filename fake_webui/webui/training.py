"""Creating empty embeddings and hypernetworks, and failing to train them.

The real server hands the request's JSON to a function as keyword arguments, so that a missing or
a misspelt one is Python's own TypeError. The functions here have the same parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fake_webui.config.settings import EmbeddingConfig
from fake_webui.errors import HandlerError, missing_arguments

NAME_MARKS: Final = "._- "
MOST_CREATED = 1000
LONGEST_FILE_NAME = 255 - len(".pt")
TRAINING: Final = (
    "id_task", "{kind}_name", "learn_rate", "batch_size", "gradient_step", "data_root",
    "log_directory", "training_width", "training_height", "varsize", "steps", "clip_grad_mode",
    "clip_grad_value", "shuffle_tags", "tag_drop_out", "latent_sampling_method", "use_weight",
    "create_image_every", "save_{kind}_every", "template_filename",
    "save_image_with_stored_embedding", "preview_from_txt2img", "preview_prompt",
    "preview_negative_prompt", "preview_steps", "preview_sampler_name", "preview_cfg_scale",
    "preview_seed", "preview_width", "preview_height",
)  # fmt: skip


@dataclass(slots=True)
class Created:
    """What was created since the start, by a WebUI in the folder `root`: the last of each kind."""

    root: str
    embeddings: dict[str, EmbeddingConfig] = field(default_factory=dict)
    hypernetworks: list[str] = field(default_factory=list)

    def add_embedding(self, embedding: EmbeddingConfig) -> None:
        """Keep an embedding, in place of the oldest where there are too many."""
        self.embeddings[embedding.name] = embedding
        if len(self.embeddings) > MOST_CREATED:
            del self.embeddings[next(iter(self.embeddings))]

    def add_hypernetwork(self, name: str) -> None:
        """Keep a hypernetwork, in place of the oldest where there are too many."""
        if name not in self.hypernetworks:
            self.hypernetworks = [*self.hypernetworks, name][-MOST_CREATED:]


def create_embedding(
    created: Created, taken: frozenset[str], values: Mapping[str, Any], shape: int
) -> str:
    """Add an empty embedding; return what the real server says about it.

    Raises:
        HandlerError: TypeError, for missing or unknown arguments.
    """
    required = ("name", "num_vectors_per_token", "overwrite_old")
    check_arguments("create_embedding", required, ("init_text",), values)
    name = safe_name(values["name"])
    path = f"{created.root}/embeddings/{name}.pt"
    if name in taken | created.embeddings.keys() and not values["overwrite_old"]:
        return f"create embedding error: file {path} already exists"
    vectors = max(1, _whole(values["num_vectors_per_token"]))
    created.add_embedding(EmbeddingConfig(name=name, shape=shape, vectors=vectors))
    return f"create embedding filename: {path}"


def create_hypernetwork(created: Created, taken: frozenset[str], values: Mapping[str, Any]) -> str:
    """Add an empty hypernetwork; return what the real server says about it.

    Raises:
        HandlerError: TypeError, for missing or unknown arguments.
    """
    optional = (
        "layer_structure", "activation_func", "weight_init", "add_layer_norm", "use_dropout",
        "dropout_structure",
    )  # fmt: skip
    required = ("name", "enable_sizes", "overwrite_old")
    check_arguments("create_hypernetwork", required, optional, values)
    name = safe_name(values["name"])
    path = f"{created.root}/models/hypernetworks/{name}.pt"
    if name in taken | set(created.hypernetworks) and not values["overwrite_old"]:
        return f"create hypernetwork error: file {path} already exists"
    created.add_hypernetwork(name)
    return "create hypernetwork filename: None"


def train(kind: str, values: Mapping[str, Any]) -> str:
    """Return why an embedding or hypernetwork (`kind`) can't be trained; there is no data."""
    names = tuple(name.format(kind=kind) for name in TRAINING)
    if kind == "hypernetwork":
        names = tuple(name for name in names if name != "save_image_with_stored_embedding")
    try:
        check_arguments(f"train_{kind}", names, (), values)
        reason = _why_not(kind, values)
    except HandlerError as error:
        reason = error.message
    return f"train embedding complete: filename:  error: {reason}"


def _why_not(kind: str, values: Mapping[str, Any]) -> str:
    checks: tuple[tuple[bool, str], ...] = (
        (bool(values[f"{kind}_name"]), f"{kind} not selected"),
        (bool(values["learn_rate"]), "Learning rate is empty or 0"),
        (isinstance(values["batch_size"], int), "Batch size must be integer"),
        (_whole(values["batch_size"]) > 0, "Batch size must be positive"),
        (isinstance(values["gradient_step"], int), "Gradient accumulation step must be integer"),
        (_whole(values["gradient_step"]) > 0, "Gradient accumulation step must be positive"),
        (bool(values["data_root"]), "Dataset directory is empty"),
    )
    failed = (message for passed, message in checks if not passed)
    return next(failed, "Dataset directory doesn't exist")


def check_arguments(
    function: str, required: tuple[str, ...], optional: tuple[str, ...], values: Mapping[str, Any]
) -> None:
    """Refuse arguments as a Python function of these parameters does.

    Raises:
        HandlerError: TypeError.
    """
    for name in values:
        if name not in required and name not in optional:
            message = f"{function}() got an unexpected keyword argument {name!r}"
            raise HandlerError("TypeError", message)
    if missing := [name for name in required if name not in values]:
        raise missing_arguments(function, missing)


def safe_name(name: Any) -> str:
    """Return the part of a name that may be a file name.

    Raises:
        HandlerError: TypeError, for what has no characters; OSError, for a name that is too long.
    """
    try:
        safe = "".join(mark for mark in name if mark.isalnum() or mark in NAME_MARKS)
    except TypeError as error:
        raise HandlerError("TypeError", str(error)) from None
    except AttributeError as error:
        raise HandlerError("AttributeError", str(error)) from None
    if len(safe.encode()) > LONGEST_FILE_NAME:
        raise HandlerError("OSError", "[Errno 36] File name too long")
    return safe


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 1
