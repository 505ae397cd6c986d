"""Prompts: styles, comments, extra networks such as `<lora:name:1>`, and embeddings."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from fake_webui.config.settings import EmbeddingConfig, StyleConfig
from fake_webui.webui.catalog import Catalog

_LINE_COMMENT = re.compile(r"(?:\A|\n)#.*\n?")
_TAIL_COMMENT = re.compile(r"#.*\n?")
_SPACES = re.compile("  +")
_EXTRA_NETWORK = re.compile(r"<(\w+):([^>]+)>")
_BREAK = re.compile(r"(?<!\s)\s*+\bBREAK\b\s*+")
_WEIGHING = re.compile(r"(?<!\\)(?::\s*[+-]?[\d.]+\s*\)|[()\[\]])")
CHUNK_WORDS = 75
# The words that the tokenizer of CLIP sees before it splits them further.
_TOKEN = re.compile(r"'(?:[stmd]|re|ve|ll)|[^\W\d_]+|\d|(?:_|[^\w\s])+")


def apply_styles(prompt: str, style_prompts: Iterable[str]) -> str:
    """Return a prompt with styles: put into `{prompt}`, or appended with a comma."""
    for style in style_prompts:
        if "{prompt}" in style:
            prompt = style.replace("{prompt}", prompt)
        else:
            prompt = ", ".join(filter(None, (prompt.strip(), style.strip())))
    return prompt


def style_prompts(names: Iterable[str], catalog: Catalog) -> tuple[list[str], list[str]]:
    """Return the prompts and negative prompts of styles; an unknown style has empty ones."""
    styles = [catalog.find_style(name) for name in names]
    return (
        [style.prompt if style else "" for style in styles],
        [style.negative_prompt if style else "" for style in styles],
    )


def take_styles_out(
    prompt: str, negative: str, styles: Sequence[StyleConfig]
) -> tuple[str, str, list[str]]:
    """Return both prompts without the styles they end with or stand in, and those by name."""
    left, found = list(styles), list[str]()
    while True:
        for style in left:
            if (rest := _without_style(prompt, negative, style)) is not None:
                prompt, negative = rest
                left.remove(style)
                found.insert(0, style.name)
                break
        else:
            return prompt, negative, found


def _without_style(prompt: str, negative: str, style: StyleConfig) -> tuple[str, str] | None:
    if not style.prompt and not style.negative_prompt:
        return None
    positive_rest = _without_text(prompt, style.prompt)
    negative_rest = _without_text(negative, style.negative_prompt)
    if positive_rest is None or negative_rest is None:
        return None
    return positive_rest, negative_rest


def _without_text(prompt: str, style: str) -> str | None:
    """Return what is left of a prompt without a style's text, None if that isn't in it."""
    prompt, style = (_SPACES.sub(" ", text.strip()) for text in (prompt, style))
    before, placed, after = style.partition("{prompt}")
    if not placed:
        before, after = "", style
    if not (prompt.startswith(before) and prompt.endswith(after)):
        return None
    rest = prompt[len(before) : len(prompt) - len(after)]
    return rest if placed else rest.removesuffix(", ")


def strip_comments(prompt: str) -> str:
    """Return a prompt without what follows `#` on each line."""
    if "#" not in prompt:
        return prompt
    return _TAIL_COMMENT.sub("\n", _LINE_COMMENT.sub("\n", prompt))


def extra_networks(prompt: str) -> Iterator[tuple[str, list[str]]]:
    """Yield kind and arguments of each `<kind:argument:…>` in a prompt."""
    for kind, arguments in _EXTRA_NETWORK.findall(prompt, 0, _end_of_tags(prompt)):
        yield kind, arguments.split(":")


def without_extra_networks(prompt: str) -> str:
    """Return a prompt without its `<kind:argument:…>` tags."""
    end = _end_of_tags(prompt)
    return _EXTRA_NETWORK.sub("", prompt[:end]) + prompt[end:]


def _end_of_tags(prompt: str) -> int:
    """Return where the last tag can end; a search that goes on beyond takes quadratic time."""
    return prompt.rfind(">") + 1


def lora_hashes(mentioned: Sequence[Sequence[str]], catalog: Catalog) -> dict[str, str]:
    """Return the short hashes of LoRAs by the names that a prompt calls them, from its arguments.

    One that is unknown is passed over, unless the WebUI needs every one; a weight that isn't a
    number makes all of them fail.
    """
    if not all(map(has_valid_weights, mentioned)):
        return {}
    found = [(arguments[0], catalog.find_lora(arguments[0])) for arguments in mentioned]
    if catalog.policy.needs_every_lora and not all(lora for _, lora in found):
        return {}
    return {
        re.sub("[:,]", "", name): lora.short_hash
        for name, lora in found
        if lora and lora.short_hash
    }


def has_valid_weights(arguments: Sequence[str]) -> bool:
    """Return whether the weights (text encoder, unet, dimensions) of a LoRA are numbers."""
    named = dict(item.split("=", 1) for item in arguments if "=" in item)
    positional = [item for item in arguments if "=" not in item]
    weights = [*positional[1:3], *(named[key] for key in ("te", "unet") if key in named)]
    sizes = [*positional[3:4], *(named[key] for key in ("dyn",) if key in named)]
    try:
        [float(weight) for weight in weights]
        [int(size) for size in sizes]
    except ValueError:
        return False
    return bool(positional)


def embedding_notes(
    prompt: str, embeddings: Sequence[EmbeddingConfig], *, hashed: bool
) -> list[str]:
    """Return what each embedding that a prompt uses leaves in the infotext, by its first use.

    That is `name: hash`, of those that have one, or the name alone.
    """
    used = {one.name: one for _, one in _used(tokens(prompt), embeddings)}
    names = {name: re.sub("[:,]", "", name) for name in used}
    if not hashed:
        return list(names.values())
    return [f"{names[one.name]}: {one.short_hash}" for one in used.values() if one.short_hash]


def _used(
    words: Sequence[str], embeddings: Sequence[EmbeddingConfig]
) -> Iterator[tuple[tuple[str, ...], EmbeddingConfig]]:
    """Yield the embeddings that stand in words, each time with the words of its name."""
    by_first_word = _by_first_word(embeddings)
    for start, word in enumerate(words):
        for name, one in by_first_word.get(word, ()):
            if words[start : start + len(name)] == name:
                yield name, one


def _by_first_word(
    embeddings: Iterable[EmbeddingConfig],
) -> dict[str, list[tuple[tuple[str, ...], EmbeddingConfig]]]:
    """Return embeddings with the words of their names, by the first of these."""
    found: dict[str, list[tuple[tuple[str, ...], EmbeddingConfig]]] = {}
    for embedding in embeddings:
        if words := tokens(embedding.name):
            found.setdefault(words[0], []).append((words, embedding))
    return found


def chunks(prompt: str, embeddings: Sequence[EmbeddingConfig], *, breaks: bool) -> int:
    """Return how many chunks of the encoder a prompt takes; `breaks` says that BREAK ends one."""
    parts = _BREAK.split(prompt) if breaks else [prompt]
    *closed, last = [math.ceil(_word_count(part, embeddings) / CHUNK_WORDS) for part in parts]
    return max(1, sum(max(1, count) for count in closed) + last)


def _word_count(text: str, embeddings: Sequence[EmbeddingConfig]) -> int:
    words = tokens(_WEIGHING.sub(" ", text))
    return len(words) + sum(one.vectors - len(name) for name, one in _used(words, embeddings))


def tokens(prompt: str) -> tuple[str, ...]:
    """Return the words of a prompt as the tokenizer separates them, in lower case."""
    return tuple(_TOKEN.findall(prompt.lower()))
