"""References in prompts: `<embedding:…>` is translated, `<lora:…>` checked."""

import re

from app.planning.packs.tokens import UnresolvedError

_EMBEDDING = re.compile(r"<embedding:([^<>]*)>", re.IGNORECASE)
_NETWORK = re.compile(r"<(?:lora|lyco|hypernet):([^<>]*)>", re.IGNORECASE)


def translate_references(prompt: str) -> str:
    """Write embeddings as the WebUI reads them: the bare word, or `(word:weight)`.

    Raises:
        UnresolvedError: an embedding or LoRA tag has no name, or a weight that is not a number.
    """
    if "<" not in prompt:
        return prompt
    for match in _NETWORK.finditer(prompt):
        if not match[1].split(":")[0].strip():
            raise UnresolvedError(match[0], f"{match[0]} names nothing")
    return _EMBEDDING.sub(_embedding, prompt)


def embedding_text(name: str, weight: str | float | None = None) -> str:
    """Return how the WebUI wants an embedding written."""
    return name if weight is None else f"({name}:{weight})"


def _embedding(match: re.Match[str]) -> str:
    name, _, weight = (part.strip() for part in match[1].partition(":"))
    if not name:
        raise UnresolvedError(match[0], f"{match[0]} names nothing")
    if weight and not _is_number(weight):
        raise UnresolvedError(match[0], f"the weight of {match[0]} is not a number")
    return embedding_text(name, weight or None)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) is not None
