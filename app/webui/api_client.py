"""The WebUI over HTTP. The only module that knows `requests`.

Reads are tried a few times. A generation is sent once: only a connection that was refused before a
byte was sent is tried again.
"""

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from app.errors import BadAnswerError, OutcomeUnknownError, WebUIError, WebUIUnreachableError
from app.limits import DEFAULT_LIMITS, Limits
from app.webui.answers import Generation, plain_words, read_extras, read_generation, refusal
from app.webui.connections import OpenSockets
from app.webui.endpoints import EXTRAS, TASK_PROGRESS

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

Json = Any


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
        timeouts = (self._limits.connect_timeout_s, timeout_s)
        try:
            response = self._generations.post(
                self.base_url + path, json=payload, timeout=timeouts, allow_redirects=False
            )
        except requests.RequestException as error:
            raise self._lost(error) from error
        finally:
            # A kept connection may be closed by the server just as the next request goes out, and
            # then nobody knows whether that arrived; so each generation gets a fresh one.
            self._generations.close()
        return (read_extras if path == EXTRAS else read_generation)(_json_of(response))

    def abort(self) -> None:
        """Stop waiting for generations; they fail with `OutcomeUnknownError`."""
        self._open_generations.abort()

    def progress(self) -> Json:
        """Return how far the present generation is, whoever asked for it."""
        return self._get("/sdapi/v1/progress", {"skip_current_image": "true"})

    def internal_progress(self, task_id: str) -> Json:
        """Return how far one task is: active, queued or completed."""
        question = {"id_task": task_id, "id_live_preview": -1, "live_preview": False}
        return self._post(TASK_PROGRESS, question)

    def interrupt(self) -> None:
        """Stop the present generation, whosever it is."""
        self._post("/sdapi/v1/interrupt", {})

    def skip(self) -> None:
        """Skip the image that is being made, whosever it is."""
        self._post("/sdapi/v1/skip", {})

    def options(self) -> Json:
        """Return all options."""
        return self._get("/sdapi/v1/options")

    def checkpoints(self) -> list[Json]:
        """Return the checkpoints: title, model_name, hash, sha256, filename."""
        return self._list("/sdapi/v1/sd-models")

    def vaes(self) -> list[Json]:
        """Return the VAEs: model_name, filename."""
        return self._list("/sdapi/v1/sd-vae")

    def samplers(self) -> list[Json]:
        """Return the samplers: name, aliases."""
        return self._list("/sdapi/v1/samplers")

    def schedulers(self) -> list[Json]:
        """Return the schedulers: name, label, aliases."""
        return self._list("/sdapi/v1/schedulers")

    def upscalers(self) -> list[Json]:
        """Return the upscalers: name, scale."""
        return self._list("/sdapi/v1/upscalers")

    def latent_upscalers(self) -> list[Json]:
        """Return the latent upscale modes of hires fix: name."""
        return self._list("/sdapi/v1/latent-upscale-modes")

    def loras(self) -> list[Json]:
        """Return the LoRAs: name, alias, path."""
        return self._list("/sdapi/v1/loras")

    def styles(self) -> list[Json]:
        """Return the prompt styles: name, prompt, negative_prompt."""
        return self._list("/sdapi/v1/prompt-styles")

    def embeddings(self) -> list[str]:
        """Return the names of the embeddings, loaded or for another kind of model."""
        answer = self._get("/sdapi/v1/embeddings")
        if not isinstance(answer, dict):
            raise BadAnswerError("the embeddings of the WebUI are not a JSON object")
        return [name for key in ("loaded", "skipped") for name in answer.get(key) or ()]

    def hypernetworks(self) -> list[Json]:
        """Return the hypernetworks: name, path."""
        return self._list("/sdapi/v1/hypernetworks")

    def detailers(self) -> list[str]:
        """Return the models of the ADetailer extension."""
        answer = self._get("/adetailer/v1/ad_model")
        if not isinstance(answer, dict) or not isinstance(answer.get("ad_model"), list):
            raise BadAnswerError("the models of the WebUI's ADetailer are not a list")
        return [str(name) for name in answer["ad_model"]]

    def scripts(self) -> Json:
        """Return the names of scripts, lower case, for txt2img and img2img."""
        return self._get("/sdapi/v1/scripts")

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._generations.close()

    def _session(self, retry: Retry) -> requests.Session:
        session = requests.Session()
        # A proxy from the environment is of no use for this machine's own ports.
        session.trust_env = urllib.parse.urlsplit(self.base_url).hostname not in LOOPBACK
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._adapter(retry))
        return session

    def _adapter(self, retry: Retry) -> HTTPAdapter:
        adapter = HTTPAdapter(max_retries=retry)
        adapter.poolmanager.pool_classes_by_scheme = self._open_generations.pool_classes()
        return adapter

    def _list(self, path: str) -> list[Json]:
        answer = self._get(path)
        if not isinstance(answer, list):
            raise BadAnswerError(f"{path} of the WebUI did not answer with a list")
        return answer

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        return self._read("GET", path, params=params)

    def _post(self, path: str, payload: Mapping[str, Json]) -> Json:
        return self._read("POST", path, json=payload)

    def _read(self, method: str, path: str, **options: Any) -> Json:
        timeouts = (self._limits.connect_timeout_s, self._limits.read_timeout_s)
        try:
            response = self._reads.request(
                method, self.base_url + path, timeout=timeouts, **options
            )
        except requests.RequestException as error:
            raise self._lost(error) from error
        return _json_of(response)

    def _lost(self, error: requests.RequestException) -> WebUIError:
        """Return the error for a request without an answer: was it sent at all?"""
        if not _never_sent(error):
            return OutcomeUnknownError(_what_happened(error))
        return WebUIUnreachableError(
            f"the WebUI at {self.name} can't be reached; is it running, and with --api?"
        )


def without_credentials(url: str) -> str:
    """Return a URL as it may be shown and recorded."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _reading(method: str, attempts: int) -> Retry:
    return Retry(
        total=attempts - 1,
        backoff_factor=0.1,
        status_forcelist=[502, 503, 504],
        allowed_methods=[method],
        raise_on_status=False,
    )


def _sending_once(attempts: int) -> Retry:
    return Retry(
        total=attempts - 1,
        connect=attempts - 1,
        read=False,
        redirect=False,
        status=0,
        other=0,
        backoff_factor=0.1,
    )


def _never_sent(error: requests.RequestException) -> bool:
    """Return whether the connection failed before a byte was sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _what_happened(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "the WebUI did not answer in time"
    return f"the connection to the WebUI was lost before its whole answer came ({_root(error)})"


def _root(error: BaseException) -> str:
    """Return the plainest words that an error has for what went wrong."""
    while error.args and isinstance(error.args[-1], BaseException):
        error = error.args[-1]
    return str(error.args[-1]) if error.args else type(error).__name__


def _json_of(response: requests.Response) -> Json:
    if response.status_code >= 300:
        raise refusal(response.status_code, response.content)
    try:
        return json.loads(response.content)
    except ValueError as error:
        start = plain_words(response.content)[:80]
        raise BadAnswerError(f"the WebUI's answer is not JSON; it begins with {start!r}") from error
