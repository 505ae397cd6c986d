"""One recorded request and its answer: an entry of the journal."""

import json
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from fake_webui.journal.payloads import find_images, parse_json, shown_text, with_images_described

# What is kept of an exchange besides the two bodies, in the order in which an entry shows it.
FACTS = (
    "n", "time", "mark", "method", "path", "query", "headers", "matched", "unknown_fields",
    "findings", "fault", "status", "duration_s", "content_type", "sent_bytes", "received_bytes",
)  # fmt: skip


GET_FACTS = attrgetter(*FACTS)
UNREAD = object()  # of a body that nobody has looked into


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A request as it came in, what the fake noticed about it, and how it was answered.

    `status` and `duration_s` are None while the answer is still being made, and `status` stays
    None where the client never got one.
    """

    n: int
    time: str
    mark: str | None
    method: str
    path: str
    query: dict[str, str | list[str]]
    headers: dict[str, str]
    matched: bool = True
    unknown_fields: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    fault: str | None = None
    status: int | None = None
    duration_s: float | None = None
    content_type: str = ""
    sent_bytes: int = 0
    received_bytes: int = 0
    body: bytes = b""
    answer: bytes = b""
    started_s: float = 0.0
    _payload: Any = UNREAD

    @property
    def payload(self) -> Any:
        """The JSON that was sent, images and all; None where the body was not JSON."""
        if self._payload is UNREAD:
            self._payload = parse_json(self.body)
        return self._payload

    def facts(self) -> bytes:
        """Return everything but the bodies as JSON, to be read back with `revive`."""
        return json.dumps(GET_FACTS(self)).encode()

    def summary(self) -> dict[str, Any]:
        """Return the entry without its bodies, which costs no look into them."""
        return {name: getattr(self, name) for name in FACTS}

    def entry(self) -> dict[str, Any]:
        """Return the entry as the journal shows it: facts and payload, images described."""
        entry = self.summary() | {"payload": with_images_described(self.payload)}
        if text := shown_text(self.body):
            entry["text"] = text
        return entry

    def full_entry(self) -> dict[str, Any]:
        """Return the entry with its answer and a numbered list of every image in and out."""
        images = [image.describe() | place for image, place in self.images_with_places()]
        answer = with_images_described(parse_json(self.answer))
        return self.entry() | {
            "answer": answer,
            "answer_text": shown_text(self.answer),
            "images": images,
        }

    def images_with_places(self) -> list[tuple[Any, dict[str, Any]]]:
        """Return the images of the request, then those of the answer, with index and place."""
        sides = (("sent", self.body), ("received", self.answer))
        found = [(side, image) for side, body in sides for image in find_images(parse_json(body))]
        return [
            (image, {"index": index, "direction": side, "where": image.where})
            for index, (side, image) in enumerate(found)
        ]


def revive(facts: bytes, body: bytes = b"", answer: bytes = b"") -> Exchange:
    """Make an exchange again from what `Exchange.facts` and its bodies were stored as."""
    return Exchange(**dict(zip(FACTS, json.loads(facts), strict=True)), body=body, answer=answer)
