"""Creating embeddings and hypernetworks works; training them does not, and says why."""

from typing import Any

import pytest
import requests

from fake_webui import FakeWebUI

NEW_EMBEDDING = {"name": "new", "num_vectors_per_token": 2, "overwrite_old": False}
NEW_HYPERNETWORK = {"name": "new", "enable_sizes": ["768"], "overwrite_old": False}
MISSING, LAST = "create_hypernetwork() missing", "'overwrite_old'"
TRAINING = dict.fromkeys(
    [
        "id_task", "learn_rate", "batch_size", "gradient_step", "data_root", "log_directory",
        "training_width", "training_height", "varsize", "steps", "clip_grad_mode",
        "clip_grad_value", "shuffle_tags", "tag_drop_out", "latent_sampling_method", "use_weight",
        "create_image_every", "template_filename", "preview_from_txt2img", "preview_prompt",
        "preview_negative_prompt", "preview_steps", "preview_sampler_name", "preview_cfg_scale",
        "preview_seed", "preview_width", "preview_height",
    ],
    1,
)  # fmt: skip
EMBEDDING = {
    "embedding_name": "new",
    "save_embedding_every": 1,
    "save_image_with_stored_embedding": 1,
}
HYPERNETWORK = {"hypernetwork_name": "new", "save_hypernetwork_every": 1}


def post(fake: FakeWebUI, path: str, payload: Any) -> requests.Response:
    """POST to the API."""
    return requests.post(f"{fake.url}/sdapi/v1/{path}", json=payload, timeout=60)


def test_a_created_embedding_is_listed_until_reset(fake: FakeWebUI) -> None:
    """With as many vectors as asked for."""
    answer = post(fake, "create/embedding", NEW_EMBEDDING)
    assert answer.json()["info"].startswith("create embedding filename: ")
    url = f"{fake.url}/sdapi/v1/embeddings"
    assert requests.get(url, timeout=60).json()["loaded"]["new"]["vectors"] == 2
    fake.reset()
    assert "new" not in requests.get(url, timeout=60).json()["loaded"]


def test_a_created_hypernetwork_is_listed(fake: FakeWebUI) -> None:
    """The answer names no file, as the real one's."""
    answer = post(fake, "create/hypernetwork", NEW_HYPERNETWORK)
    assert answer.json() == {"info": "create hypernetwork filename: None"}
    listed = requests.get(f"{fake.url}/sdapi/v1/hypernetworks", timeout=60).json()
    assert [entry["name"] for entry in listed] == ["new"]


@pytest.mark.parametrize(
    ("kind", "payload"), [("embedding", NEW_EMBEDDING), ("hypernetwork", NEW_HYPERNETWORK)]
)
def test_a_name_is_taken_once_unless_overwritten(fake: FakeWebUI, kind: str, payload: Any) -> None:
    """The refusal is a 200 with the reason."""
    post(fake, f"create/{kind}", payload)
    again = post(fake, f"create/{kind}", payload)
    assert again.status_code == 200
    assert again.json()["info"].startswith(f"create {kind} error: file ")
    over = post(fake, f"create/{kind}", payload | {"overwrite_old": True})
    assert "error" not in over.json()["info"]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, f"{MISSING} 3 required positional arguments: 'name', 'enable_sizes', and {LAST}"),
        ({"name": "a"}, f"{MISSING} 2 required positional arguments: 'enable_sizes' and {LAST}"),
        (
            {"name": "a", "enable_sizes": []},
            "create_hypernetwork() missing 1 required positional argument: 'overwrite_old'",
        ),
        ({"nope": 1}, "create_hypernetwork() got an unexpected keyword argument 'nope'"),
    ],
)
def test_missing_arguments_are_pythons_own_type_error(
    fake: FakeWebUI, payload: Any, message: str
) -> None:
    """The JSON goes to a function as keyword arguments."""
    answer = post(fake, "create/hypernetwork", payload)
    body = answer.json()
    assert (answer.status_code, body["error"], body["errors"]) == (500, "TypeError", message)


@pytest.mark.parametrize(
    ("kind", "own"), [("embedding", EMBEDDING), ("hypernetwork", HYPERNETWORK)]
)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "Dataset directory doesn't exist"),
        ({"data_root": ""}, "Dataset directory is empty"),
        ({"learn_rate": ""}, "Learning rate is empty or 0"),
        ({"batch_size": "x"}, "Batch size must be integer"),
        ({"gradient_step": 0}, "Gradient accumulation step must be positive"),
    ],
)
def test_training_says_why_it_can_not_begin(
    fake: FakeWebUI, kind: str, own: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    """A failed training is a 200."""
    answer = post(fake, f"train/{kind}", TRAINING | own | change)
    expected = {"info": f"train embedding complete: filename:  error: {reason}"}
    assert (answer.status_code, answer.json()) == (200, expected)


def test_training_without_arguments_names_those_that_are_missing(fake: FakeWebUI) -> None:
    """This TypeError is caught on the way."""
    answer = post(fake, "train/embedding", {})
    assert answer.status_code == 200
    assert "train_embedding() missing 30 required positional arguments" in answer.json()["info"]


@pytest.mark.parametrize(
    ("path", "payload", "listed"),
    [
        ("create/embedding", NEW_EMBEDDING, "embeddings"),
        ("create/hypernetwork", NEW_HYPERNETWORK, "hypernetworks"),
    ],
)
def test_what_is_created_is_bounded(
    fake: FakeWebUI, path: str, payload: dict[str, Any], listed: str
) -> None:
    """The oldest gives way, and a name is as long as a file's may be."""
    with requests.Session() as session:
        for number in range(1001):
            answer = session.post(
                f"{fake.url}/sdapi/v1/{path}", json=payload | {"name": f"n{number}"}, timeout=30
            )
            assert answer.status_code == 200
    there = requests.get(f"{fake.url}/sdapi/v1/{listed}", timeout=60).text
    assert '"n1000"' in there
    assert '"n0"' not in there
    refused = post(fake, path, payload | {"name": "n" * 300})
    assert (refused.status_code, refused.json()["error"]) == (500, "OSError")
