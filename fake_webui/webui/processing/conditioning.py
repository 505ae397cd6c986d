"""What prompts become before sampling: networks are loaded, texts encoded, and both noted.

The encoder keeps the last result of each kind, also between requests; what isn't encoded again
isn't noted again.
"""

from collections.abc import Sequence
from typing import Any

from fake_webui.config.settings import EmbeddingConfig
from fake_webui.webui.processing import prompts, sampling
from fake_webui.webui.processing.hires import SAME_CHECKPOINT
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.schedules import joined_prompts, schedule, texts_of, timeline
from fake_webui.webui.state import WebUIState

EARLY_HIRES_OPTION = "hires_fix_use_firstpass_conds"
LORA_KINDS = ("lora", "lyco")
# Options that the result of the encoder depends on.
ENCODER_OPTIONS = (
    "use_old_scheduling",
    "CLIP_stop_at_last_layers",
    "sdxl_crop_left",
    "sdxl_crop_top",
    "fp8_storage",
    "cache_fp16_weight",
    "emphasis",
)

Networks = list[tuple[str, list[str]]]


def load_networks(p: Processing, state: WebUIState, prompt: str, *, second: bool = False) -> None:
    """Load the networks that a prompt and the options name, and note the hashes of LoRAs."""
    if p.disable_extra_networks:
        return
    networks = list(prompts.extra_networks(prompt))
    catalog = state.catalog
    _add_from_options(p, state, networks, "sd_hypernetwork", ("hypernet",), catalog.hypernetworks)
    lora_names = [lora.name for lora in catalog.loras]
    _add_from_options(p, state, networks, "sd_lora", LORA_KINDS, lora_names)
    if not second:
        p.lora_hashes = {}
    if state.options.get("lora_add_hashes_to_infotext"):
        loras = [arguments for kind, arguments in networks if kind in LORA_KINDS]
        p.lora_hashes = p.lora_hashes | prompts.lora_hashes(loras, catalog)
    if p.lora_hashes:
        listed = ", ".join(f"{name}: {value}" for name, value in p.lora_hashes.items())
        p.extra_generation_params["Lora hashes"] = listed


def _add_from_options(
    p: Processing,
    state: WebUIState,
    networks: Networks,
    option: str,
    kinds: Sequence[str],
    names: Sequence[str],
) -> None:
    """Append the network that an option names to all prompts, unless one of them has it."""
    name = state.options.get(option)
    used = [arguments[0] for kind, arguments in networks if kind in kinds]
    if name not in names or name in used:
        return
    multiplier = state.options.get("extra_networks_default_multiplier")
    p.all_prompts = [f"{text}<{kinds[0]}:{name}:{multiplier}>" for text in p.all_prompts]
    networks.append((kinds[0], [name, str(multiplier)]))


def encode_prompts(p: Processing, state: WebUIState, indices: range) -> None:
    """Encode the prompts of a batch, and note what was found in them."""
    several = [(p.all_negative_prompts[index], p.all_prompts[index]) for index in indices]
    steps = sampling.total_steps(p.sampler_name, p.steps, state.catalog)
    _encode(p, state, several, steps)
    own_checkpoint = p.hr_checkpoint_name not in (None, "", SAME_CHECKPOINT)
    early = p.enable_hr and not own_checkpoint and state.options.get(EARLY_HIRES_OPTION)
    if early:
        encode_hires_prompts(p, state, indices)
    p.extra_generation_params.update(p.encoder_notes)


def encode_hires_prompts(p: Processing, state: WebUIState, indices: range) -> None:
    """Encode the prompts of the second pass; what is found is noted with the next batch."""
    several = [(p.all_hr_negative_prompts[n], p.all_hr_prompts[n]) for n in indices]
    sampler = p.hr_sampler_name or p.sampler_name
    steps = sampling.total_steps(p.sampler_name, p.steps, state.catalog)
    hires_steps = sampling.total_steps(sampler, p.hr_second_pass_steps or p.steps, state.catalog)
    _encode(p, state, several, steps, hires_steps)


def _encode(
    p: Processing,
    state: WebUIState,
    several: Sequence[tuple[str, str]],
    steps: int,
    hires_steps: int | None = None,
) -> None:
    get = state.options.get
    old = bool(get("use_old_scheduling"))
    when = timeline(steps, hires_steps, old=old)
    networks = list(prompts.extra_networks(several[0][1]))
    rest = (when, networks, p.width, p.height, state.models.checkpoint, *map(get, ENCODER_OPTIONS))
    negative = [pair[0] for pair in several]
    positive = [prompts.without_extra_networks(pair[1]) for pair in several]
    for kind, texts in (("negative", negative), ("positive", positive)):
        if old and _depends_on_timeline(texts, steps, hires_steps):
            p.extra_generation_params["Old prompt editing timelines"] = True
        slot = kind if hires_steps is None else f"hires {kind}"
        key = (texts, *rest)
        if state.encoded.get(slot) == key:
            continue
        state.encoded[slot] = key
        parts = [part for text in texts for part in joined_prompts(text)]
        for scheduled in texts_of(parts if kind == "positive" else texts, when):
            _note_encoded(p, state, scheduled)


def _depends_on_timeline(texts: Sequence[str], steps: int, hires_steps: int | None) -> bool:
    old, new = (timeline(steps, hires_steps, old=old) for old in (True, False))
    return any(schedule(text, old) != schedule(text, new) for text in texts)


def _note_encoded(p: Processing, state: WebUIState, texts: Sequence[str]) -> None:
    """Note the embeddings in texts that are encoded together, and how emphasis was taken."""
    get, notes = state.options.get, p.encoder_notes
    if get("use_old_emphasis_implementation"):
        return
    hashed, known = state.policy.hashes_embeddings, embeddings(state)
    label = "TI hashes" if hashed else "TI"
    used = [one for text in texts for one in prompts.embedding_notes(text, known, hashed=hashed)]
    if used and get("textual_inversion_add_hashes_to_infotext"):
        notes[label] = ", ".join([*dict.fromkeys(used), *filter(None, [notes.get(label)])])
    if get("emphasis") != "Original" and any(mark in text for text in texts for mark in "(["):
        notes["Emphasis"] = get("emphasis")


def embeddings(state: WebUIState) -> tuple[EmbeddingConfig, ...]:
    """Return the embeddings that are installed or were created."""
    return (*state.catalog.embeddings, *state.created.embeddings.values())


def padding_note(p: Processing, state: WebUIState, index: int, *, second: bool) -> dict[str, Any]:
    """Return what is noted where prompt and negative prompt take different numbers of chunks."""
    option, label = "pad_cond_uncond_v0", "Pad conds v0"
    if not state.options.get(option):
        option, label = "pad_cond_uncond", "Pad conds"
    if not state.options.get(option):
        return {}
    positive, negative = (
        (p.all_hr_prompts, p.all_hr_negative_prompts)
        if second
        else (p.all_prompts, p.all_negative_prompts)
    )
    breaks = state.options.get("emphasis") != "None"
    text = prompts.without_extra_networks(positive[index])
    known = embeddings(state)
    longest = max(prompts.chunks(part, known, breaks=breaks) for part in joined_prompts(text))
    differs = longest != prompts.chunks(negative[index], known, breaks=breaks)
    return {label: True} if differs else {}
