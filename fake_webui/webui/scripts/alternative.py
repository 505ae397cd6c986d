"""The script "img2img alternative test": sampling backwards to the noise an image came from."""

from typing import Any, NamedTuple

from fake_webui.webui.processing import GenerationContext, Processed, Processing, process_images


class Arguments(NamedTuple):
    """What the page asks for, in its order."""

    note: Any
    override_sampler: Any
    override_prompt: Any
    original_prompt: Any
    original_negative_prompt: Any
    override_steps: Any
    st: Any
    override_strength: Any
    cfg: Any
    randomness: Any
    sigma_adjustment: Any


def run(p: Processing, context: GenerationContext, asked: Arguments) -> Processed:
    """Generate with the parameters that suit the script."""
    if asked.override_sampler:
        p.sampler_name = "Euler"
    if asked.override_prompt:
        p.prompt, p.negative_prompt = asked.original_prompt, asked.original_negative_prompt
    if asked.override_steps:
        p.steps = asked.st
    if asked.override_strength:
        p.denoising_strength = 1.0
    p.extra_generation_params |= {
        "Decode prompt": asked.original_prompt,
        "Decode negative prompt": asked.original_negative_prompt,
        "Decode CFG scale": asked.cfg,
        "Decode steps": asked.st,
        "Randomness": asked.randomness,
        "Sigma Adjustment": asked.sigma_adjustment,
    }
    return process_images(p, context)
