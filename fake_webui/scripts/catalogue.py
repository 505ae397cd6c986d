"""The table of scripts, in the order in which the WebUI loads them."""

from fake_webui.scripts.registry import Script

IMG2IMG = ("img2img",)
ALL_SIDES = ("left", "right", "up", "down")

SCRIPTS = (
    Script(
        "img2img alternative test",
        IMG2IMG,
        ("", True, True, "", "", True, 50, True, 1.0, 0.0, False),
    ),
    Script("Loopback", IMG2IMG, (4, 0.5, "Linear", "None")),
    Script("Outpainting mk2", IMG2IMG, ("", 128, 8, list(ALL_SIDES), 1.0, 0.05)),
    Script("Poor man's outpainting", IMG2IMG, (128, 4, "fill", list(ALL_SIDES))),
    Script("Prompt matrix", defaults=(False, False, "positive", "comma", 0)),
    Script("Prompts from file or textbox", defaults=(False, False, "start", "")),
    Script("SD upscale", IMG2IMG, ("", 64, "None", 2.0)),
    Script(
        "X/Y/Z plot",
        defaults=(
            *("Seed", "", None, "Nothing", "", None, "Nothing", "", None),
            *(True, False, False, False, False, False, False, 0, False),
        ),
    ),
    Script("Extra options", always_on=True),
    Script("Hypertile", always_on=True),
    Script("Soft Inpainting", IMG2IMG, (False, 1, 0.5, 4, 0, 0.5, 2), always_on=True),
    Script("Refiner", defaults=(False, "", 0.8), always_on=True),
    Script("Sampler", defaults=(20, "DPM++ 2M", "Automatic"), always_on=True),
    Script("Seed", defaults=(-1, False, -1, 0.0, 0, 0), always_on=True),
)
