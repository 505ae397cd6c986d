"""The WebUI over HTTP. The only module that knows `requests`.

Reads are tried a few times. A generation is sent once: only a connection that was refused before a
byte was sent is tried again.
"""

import time
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
)
from urllib3.exceptions import TimeoutError as TimeOut
from urllib3.util import Retry

from app.errors import (
    BadAnswerError,
    OutcomeUnknownError,
    WebUIAnswerError,
    WebUIError,
    WebUIUnreachableError,
)
from app.limits import DEFAULT_LIMITS, Limits
from app.webui.answers import Generation, decode_image, read_extras, read_generation, refusal
from app.webui.connections import OpenSockets
from app.webui.endpoints import EXTRAS, TASK_PROGRESS
from app.webui.reading import (
    LIST,
    NUMBER,
    OBJECT,
    TEXT,
    parse_json,
    plain_words,
    read_body,
    read_list,
    read_object,
    read_rows,
)

NOT_FOUND = 404
NAMED = (dict, list)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
RETRIED = frozenset({502, 503, 504})
"""What a read is tried again for."""
BACKOFF_S = 0.1
_PROGRESS = {"state": OBJECT, "progress": NUMBER, "eta_relative": NUMBER, "textinfo": TEXT}
_STATE = {
    "job": TEXT,
    **dict.fromkeys(("job_count", "job_no", "sampling_step", "sampling_steps"), NUMBER),
}
_TASK = {"progress": NUMBER, "eta": NUMBER, "textinfo": TEXT}

Json = Any
NOTHING: Mapping[str, Json] = {}


class ApiClient:
    """One WebUI. Safe to share between threads.

    Args:
        base_url: where it listens; may carry `user:password@`.
        limits: time-outs and the number of attempts.

    All methods raise `WebUIUnreachableError` when nobody listens, `WebUIAnswerError` when it
    refuses, and `BadAnswerError` when its answer can't be used. Generations raise
    `OutcomeUnknownError` when the request was sent and no whole answer came.
    """

    def __init__(self, base_url: str, limits: Limits = DEFAULT_LIMITS) -> None:
        self.base_url = base_url.rstrip("/")
        self.name = without_credentials(self.base_url)
        self.has_credentials = self.name != self.base_url
        self._limits = limits
        self._open_generations = OpenSockets()
        self._reads = self._session(_reading("GET", limits.read_attempts))
        # Asking for a task is a read too, though it is a POST.
        asking = self._adapter(_reading("POST", limits.read_attempts))
        self._reads.mount(self.base_url + TASK_PROGRESS, asking)
        self._generations = self._session(_sending_once(limits.read_attempts))
        self._generations.headers["Connection"] = "close"

    def generate(self, path: str, payload: Mapping[str, Json], timeout_s: float) -> Generation:
        """Send one generation request to its endpoint, once, and return what came of it."""
        limit = self._limits.generation_bytes
        try:
            status, body = self._exchange(
                self._generations, "POST", path, limit, timeout_s, json=payload
            )
        finally:
            # A kept connection may be closed by the server just as the next request goes out, and
            # then nobody knows whether that arrived; so each generation gets a fresh one.
            self._generations.close()
        return (read_extras if path == EXTRAS else read_generation)(_json_of(status, body, path))

    def abort(self) -> None:
        """Stop waiting for generations; they fail with `OutcomeUnknownError`."""
        self._open_generations.abort()

    def progress(self) -> Json:
        """Return how far the present generation is, whoever asked for it."""
        path = "/sdapi/v1/progress"
        answer = read_object(self._get(path, {"skip_current_image": "true"}), path, {}, _PROGRESS)
        read_object(answer.get("state") or {}, f"state of {path}", {}, _STATE)
        return answer

    def live_preview(self) -> bytes | None:
        """Return the present generation's picture as far as it is, None where none is shown."""
        path = "/sdapi/v1/progress"
        answer = read_object(self._get(path), path, {}, {"current_image": TEXT})
        encoded = answer.get("current_image")
        return decode_image(encoded) if encoded else None

    def internal_progress(self, task_id: str) -> Json:
        """Return how far one task is: active, queued or completed."""
        question = {"id_task": task_id, "id_live_preview": -1, "live_preview": False}
        answer = self._read("POST", TASK_PROGRESS, json=question)
        return read_object(answer, TASK_PROGRESS, {}, _TASK)

    def interrupt(self) -> None:
        """Stop the present generation, whosever it is."""
        self._command("/sdapi/v1/interrupt")

    def skip(self) -> None:
        """Skip the image that is being made, whosever it is."""
        self._command("/sdapi/v1/skip")

    def options(self) -> Json:
        """Return all options."""
        path = "/sdapi/v1/options"
        return read_object(self._get(path), path, {}, {})

    def set_options(self, values: Mapping[str, Json]) -> None:
        """Change options for good."""
        self._command("/sdapi/v1/options", values)

    def checkpoints(self) -> list[Json]:
        """Return the checkpoints: title, model_name, hash, sha256, filename."""
        more = ("model_name", "hash", "sha256", "filename")
        return self._rows("/sdapi/v1/sd-models", ["title"], more)

    def vaes(self, path: str = "/sdapi/v1/sd-vae") -> list[Json]:
        """Return the VAEs, from where this WebUI lists them: model_name, filename."""
        return self._rows(path, ["model_name"])

    def modules(self) -> list[Json]:
        """Return the VAEs and text encoders of a WebUI that has modules: model_name, filename."""
        return self._rows("/sdapi/v1/sd-modules", ["model_name"])

    def samplers(self) -> list[Json]:
        """Return the samplers: name, aliases."""
        return self._rows("/sdapi/v1/samplers")

    def schedulers(self) -> list[Json]:
        """Return the schedulers: name, label, aliases."""
        return self._rows("/sdapi/v1/schedulers", more=["label"])

    def upscalers(self) -> list[Json]:
        """Return the upscalers: name, scale."""
        return self._rows("/sdapi/v1/upscalers")

    def latent_upscalers(self) -> list[Json]:
        """Return the latent upscale modes of hires fix: name."""
        return self._rows("/sdapi/v1/latent-upscale-modes")

    def loras(self) -> list[Json]:
        """Return the LoRAs: name, alias, path."""
        return self._rows("/sdapi/v1/loras", more=["alias", "path"])

    def styles(self) -> list[Json]:
        """Return the prompt styles: name, prompt, negative_prompt."""
        return self._rows("/sdapi/v1/prompt-styles")

    def embeddings(self) -> list[str]:
        """Return the names of the embeddings, loaded or for another kind of model."""
        path, keys = "/sdapi/v1/embeddings", ("loaded", "skipped")
        answer = read_object(self._get(path), path, {}, {})
        # An object by name, or on SD.Next the names alone.
        found = [list(answer.get(key) or ()) for key in keys if isinstance(answer.get(key), NAMED)]
        return [name for names in found for name in read_list(names, path, TEXT)]

    def hypernetworks(self) -> list[Json]:
        """Return the hypernetworks: name, path."""
        return self._rows("/sdapi/v1/hypernetworks")

    def detailers(self) -> list[str]:
        """Return the models of the ADetailer extension."""
        path = "/adetailer/v1/ad_model"
        answer = read_object(self._get(path), path, {"ad_model": LIST}, {})
        return read_list(answer["ad_model"], f"ad_model of {path}", TEXT)

    def scripts(self) -> Json:
        """Return the names of scripts, lower case, for txt2img and img2img."""
        path = "/sdapi/v1/scripts"
        answer = read_object(self._get(path), path, {}, {"txt2img": LIST, "img2img": LIST})
        for key in ("txt2img", "img2img"):
            answer[key] = read_list(answer.get(key) or [], f"{key} of {path}", TEXT)
        return answer

    def paths(self) -> frozenset[str]:
        """Return the paths that it answers on; none where it does not tell."""
        try:
            answer = self._get("/openapi.json")
        except BadAnswerError:
            return frozenset()
        except WebUIAnswerError as error:
            if error.status != NOT_FOUND:
                raise
            return frozenset()
        paths = answer.get("paths") if isinstance(answer, dict) else None
        return frozenset(paths) if isinstance(paths, dict) else frozenset()

    def version(self, path: str, keys: Sequence[str]) -> str:
        """Return the version that it tells under some keys of an answer, or ""."""
        try:
            answer = self._get(path)
        except (BadAnswerError, WebUIAnswerError):
            return ""
        told = answer if isinstance(answer, dict) else {}
        return " ".join(str(told[key]) for key in keys if isinstance(told.get(key), str))

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._generations.close()

    def _session(self, retry: Retry) -> requests.Session:
        session = _Session()
        session.headers["Accept-Encoding"] = "gzip"
        # A proxy from the environment is of no use for this machine's own ports.
        session.trust_env = urllib.parse.urlsplit(self.base_url).hostname not in LOOPBACK
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._adapter(retry))
        return session

    def _adapter(self, retry: Retry) -> HTTPAdapter:
        adapter = HTTPAdapter(max_retries=retry)
        adapter.poolmanager.pool_classes_by_scheme = self._open_generations.pool_classes()
        return adapter

    def _rows(
        self, path: str, required: Sequence[str] = ("name",), more: Sequence[str] = ()
    ) -> list[Json]:
        return read_rows(self._get(path), path, required, more)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        return self._read("GET", path, params=params)

    def _read(self, method: str, path: str, **options: Any) -> Json:
        limits = self._limits
        for attempt in range(limits.read_attempts):
            if attempt:
                time.sleep(BACKOFF_S * 2**attempt)
            status, body = self._exchange(
                self._reads, method, path, limits.answer_bytes, limits.read_timeout_s, **options
            )
            if status not in RETRIED:
                break
        return _json_of(status, body, path)

    def _command(self, path: str, values: Mapping[str, Json] = NOTHING) -> None:
        """Have the WebUI do something; what it answers to that says nothing."""
        limits = self._limits
        status, body = self._exchange(
            self._reads, "POST", path, limits.answer_bytes, limits.read_timeout_s, json=values
        )
        if status >= 300:
            raise refusal(status, body)

    def _exchange(
        self, session: requests.Session, method: str, path: str, most: int, time_s: float,
        **options: Any,
    ) -> tuple[int, bytes]:  # fmt: skip
        """Send a request; return status and body, of at most so many bytes and in this time."""
        timeouts = (self._limits.connect_timeout_s, time_s)
        try:
            with session.request(
                method, self.base_url + path, timeout=timeouts, stream=True, **options
            ) as response:
                return response.status_code, read_body(response.raw, path, most, time_s)
        except (requests.RequestException, HTTPError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> WebUIError:
        """Return the error for a request without an answer: was it sent at all?"""
        if not _never_sent(error):
            return OutcomeUnknownError(_what_happened(error))
        return WebUIUnreachableError(
            f"the WebUI at {self.name} can't be reached; is it running, and with --api?"
        )


class _Session(requests.Session):
    """A session that goes nowhere but where it is sent: a redirect is an answer."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - as in requests
        return None


def without_credentials(url: str) -> str:
    """Return a URL as it may be shown and recorded."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _reading(method: str, attempts: int) -> Retry:
    return Retry(
        total=attempts - 1,
        backoff_factor=BACKOFF_S,
        allowed_methods=[method],
        respect_retry_after_header=False,
    )


def _sending_once(attempts: int) -> Retry:
    return Retry(
        total=attempts - 1,
        connect=attempts - 1,
        read=False,
        redirect=False,
        status=0,
        other=0,
        backoff_factor=BACKOFF_S,
        respect_retry_after_header=False,
    )


def _never_sent(error: Exception) -> bool:
    """Return whether the connection failed before a byte was sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _what_happened(error: Exception) -> str:
    if isinstance(error, requests.Timeout | TimeOut):
        return "the WebUI did not answer in time"
    return f"the connection to the WebUI was lost before its whole answer came ({_root(error)})"


def _root(error: BaseException) -> str:
    """Return the plainest words that an error has for what went wrong."""
    while error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    words = str(error.args[-1]) if error.args else type(error).__name__
    return plain_words(words.encode(errors="replace"))


def _json_of(status: int, body: bytes, path: str) -> Json:
    if status >= 300:
        raise refusal(status, body)
    return parse_json(body, path)
