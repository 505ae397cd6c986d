"""Leaving a WebUI as it was found: what requests may have changed is put back at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fake_webui.errors import UnreachableError
from fake_webui.testing.client import WebUIClient
from fake_webui.upstream.captures import Capture

API: Final = "/sdapi/v1"
OPTIONS: Final = f"{API}/options"
TXT2IMG: Final = f"{API}/txt2img"
PENDING: Final = "/internal/pending-tasks"
CHECKPOINT: Final = "sd_model_checkpoint"
OF_THE_CHECKPOINT: Final = "sd_checkpoint_hash"  # changes with it, and can't be set
# The smallest generation: one with the id of a task that failed in the queue takes that out of it.
SMALLEST: Final = {"width": 64, "height": 64, "steps": 1, "batch_size": 1}
LOAD_S: Final = 600.0  # for a checkpoint to be loaded again

# What nothing can undo through the API, by how its address begins.
LASTING: Final = {
    f"{API}/create/": "it creates a file",
    f"{API}/train/": "it trains a model",
    f"{API}/server-": "it ends or restarts the WebUI",
    f"{API}/unload-checkpoint": "it unloads the checkpoint",
}


def why_lasting(capture: Capture) -> str | None:
    """Return why a captured request would leave a trace that can't be removed, None if it wouldn't.

    So would one that saves its pictures among the user's.
    """
    for one in (*capture.setup, capture.request):
        if one.get("method") == "POST":
            for start, why in LASTING.items():
                if str(one.get("path")).startswith(start):
                    return why
        body = one.get("json")
        if isinstance(body, dict) and body.get("save_images"):
            return "it saves its pictures"
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """A WebUI as it was found: its options, if they can be read, and the tasks in its queue."""

    options: Mapping[str, Any] | None
    pending: Sequence[str]


class Guest:
    """Looks at a WebUI before and after, and puts back what changed."""

    def __init__(self, client: WebUIClient, authorization: str | None) -> None:
        """Look at it.

        Raises:
            UnreachableError: if it does not answer.
        """
        self._client = client
        self._headers = {"Authorization": authorization} if authorization else {}
        self.found = self._look()

    def put_back(self) -> list[str]:
        """Put back what changed, and return a word for each thing that could not be.

        Raises:
            UnreachableError: if the WebUI does not answer any more.
        """
        self._drop_tasks()
        before = self.found.options
        if before is None:
            return []
        settable = {key: value for key, value in before.items() if key != OF_THE_CHECKPOINT}
        if self._look().options is None:  # one has a value that can't be shown: which, it hides
            self._post(OPTIONS, settable)
            if self._look().options is None:
                return ["any option"]
        for key in sorted(self._changed(), key=lambda key: key != CHECKPOINT):
            if key in settable:
                self._post(OPTIONS, {key: settable[key]})
        return self._changed()

    def _look(self) -> Found:
        options, pending = self._get(OPTIONS), self._get(PENDING)
        tasks = pending.get("tasks") if isinstance(pending, dict) else None
        return Found(options if isinstance(options, dict) else None, list(tasks or ()))

    def _changed(self) -> list[str]:
        """Return the names of the options that are not as they were."""
        before, now = self.found.options or {}, self._look().options or {}
        absent = object()
        return [key for key in {**before, **now} if before.get(key, absent) != now.get(key, absent)]

    def _drop_tasks(self) -> None:
        """Take tasks of failed requests out of the queue.

        Whoever really waits in it has had a turn once a generation that came later is done.
        """
        if not self._tasks_since():
            return
        self._post(TXT2IMG, SMALLEST)
        for task in self._tasks_since():
            self._post(TXT2IMG, {**SMALLEST, "force_task_id": task})

    def _tasks_since(self) -> list[str]:
        return [task for task in self._look().pending if task not in self.found.pending]

    def _get(self, path: str) -> Any:
        answer = self._client.send("GET", path, headers=self._headers)
        try:
            return answer.json() if answer.ok else None
        except ValueError:
            return None

    def _post(self, path: str, payload: Mapping[str, Any]) -> None:
        headers = {"Content-Type": "application/json", **self._headers}
        body = json.dumps(payload).encode()
        self._client.send("POST", path, body=body, headers=headers, timeout_s=LOAD_S)


def put_back_if_reachable(guest: Guest) -> list[str]:
    """Put back what changed; where the WebUI is gone nothing can be."""
    try:
        return guest.put_back()
    except UnreachableError:
        return ["everything"]
