"""References in prompts: `<embedding:…>` is translated, `<lora:…>` checked."""

import re

from app.planning.packs.tokens import UnresolvedError

_EMBEDDING = re.compile(r"<embedding:([^<>]*)>", re.IGNORECASE)
_NETWORK = re.compile(r"<(?:lora|lyco|hypernet):([^<>]*)>", re.IGNORECASE)


def named_embeddings(prompt: str) -> list[str]:
    """Return the embeddings that a prompt names in tags, before they are translated."""
    return [match[1].partition(":")[0].strip() for match in _EMBEDDING.finditer(prompt)]


def embedding_tag(name: str, weight: float | None = None) -> str:
    """Return the tag that stands for an embedding until it is translated."""
    return f"<embedding:{name}>" if weight is None else f"<embedding:{name}:{weight}>"


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


def _embedding(match: re.Match[str]) -> str:
    name, _, weight = (part.strip() for part in match[1].partition(":"))
    if not name:
        raise UnresolvedError(match[0], f"{match[0]} names nothing")
    if weight and not _is_number(weight):
        raise UnresolvedError(match[0], f"the weight of {match[0]} is not a number")
    return f"({name}:{weight})" if weight else name


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text) is not None
