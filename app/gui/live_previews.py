"""The picture that a WebUI is making, as far as it is; asked for once for all pages."""

import threading
import time

from app.errors import WebUIError
from app.webui.node import WebUINode

AGE_S = 0.7  # how long a look is good enough; a WebUI may count requests


_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


def picture_type(data: bytes) -> str | None:
    """Return the media type of a picture, None where it is not one that a page shows."""
    return next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)


class LivePreviews:
    """The last look at each WebUI's picture. Safe to share between threads."""

    def __init__(self) -> None:
        self._looks: dict[str, _Look] = {}
        self._lock = threading.Lock()

    def of(self, node: WebUINode) -> bytes | None:
        """Return the picture that a WebUI is making, or None where it shows none.

        While one thread waits for the WebUI, others get what was seen before.
        """
        with self._lock:
            look = self._looks.setdefault(node.name, _Look())
        if look.asking.acquire(blocking=False):
            try:
                look.refresh(node)
            finally:
                look.asking.release()
        return look.picture


class _Look:
    """What was last seen of one WebUI's picture."""

    def __init__(self) -> None:
        self.asking = threading.Lock()
        self.picture: bytes | None = None
        self._until = 0.0

    def refresh(self, node: WebUINode) -> None:
        """Look again where the last look is too old."""
        if time.monotonic() < self._until:
            return
        try:
            self.picture = node.client.live_preview()
        except WebUIError:
            self.picture = None
        self._until = time.monotonic() + AGE_S
