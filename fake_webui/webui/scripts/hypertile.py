"""Hypertile: switched on by options, seen in infotexts alone."""

from dataclasses import dataclass

from fake_webui.webui.options import Options, default_options
from fake_webui.webui.processing import AlwaysOn, Processing

PARTS = {
    "hypertile_enable_unet": (
        "Hypertile U-Net",
        {
            "second pass": "hypertile_enable_unet_secondpass",
            "max depth": "hypertile_max_depth_unet",
            "max tile size": "hypertile_max_tile_unet",
            "swap size": "hypertile_swap_size_unet",
        },
    ),
    "hypertile_enable_vae": (
        "Hypertile VAE",
        {
            "max depth": "hypertile_max_depth_vae",
            "max tile size": "hypertile_max_tile_vae",
            "swap size": "hypertile_swap_size_vae",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Hypertile(AlwaysOn):
    """What is noted of tiles in each generation."""

    options: Options

    def process(self, p: Processing) -> None:
        """Note the settings that differ from the defaults."""
        for switch, (label, settings) in PARTS.items():
            if not (self.options.has(switch) and self.options.get(switch)):
                continue
            p.extra_generation_params[label] = True
            for name, option in settings.items():
                value = self.options.get(option)
                changed = value != default_options()[option]
                p.extra_generation_params[f"{label} {name}"] = value if changed else None
