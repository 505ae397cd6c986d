"""What each script does, by its name in lower case."""

from fake_webui.webui.scripts import (
    alternative,
    loopback,
    outpainting,
    prompt_matrix,
    prompts_from_file,
    sd_upscale,
    soft_inpainting,
    xyz_plot,
)
from fake_webui.webui.scripts.registry import Activate, Selectable

SELECTABLE: dict[str, Selectable] = {
    "img2img alternative test": (alternative.Arguments, alternative.run),
    "loopback": (loopback.Arguments, loopback.run),
    "outpainting mk2": (outpainting.Mk2Arguments, outpainting.run_mk2),
    "poor man's outpainting": (outpainting.PoorMansArguments, outpainting.run_poor_mans),
    "prompt matrix": (prompt_matrix.Arguments, prompt_matrix.run),
    "prompts from file or textbox": (prompts_from_file.Arguments, prompts_from_file.run),
    "sd upscale": (sd_upscale.Arguments, sd_upscale.run),
    "x/y/z plot": (xyz_plot.Arguments, xyz_plot.run),
}
# The page's own scripts (Seed, Sampler, Refiner) take no part in what the API makes.
ALWAYS_ON: dict[str, Activate] = {
    "soft inpainting": soft_inpainting.activate,
}
