"""Drive a WebUI with aaa1111: pictures, options, every list, progress.

Its png_info is left out: it takes no answer with the `parameters` that v1.10.1 sends.
"""

import sys

from aaa1111 import AAA1111

api = AAA1111(base_url=sys.argv[1])
small = {"prompt": "a boat", "width": 64, "height": 64, "steps": 2, "seed": 7}
picture = api.txt2img(small).images[0]
assert api.img2img({**small, "init_images": [picture], "denoising_strength": 0.5}).images
assert api.extra_single_image({"image": picture, "upscaling_resize": 2}).image
api.set_options(samples_format="webp")
assert api.get_options()["samples_format"] == "webp"
assert api.progress().progress == 0
for ask in (
    api.cmd_flags, api.samplers, api.upscalers, api.latent_upscale_modes, api.sd_models,
    api.sd_vae, api.hypernetworks, api.face_restorers, api.refresh_checkpoints,
    api.refresh_loras, api.interrupt, api.skip, api.unload_checkpoint, api.reload_checkpoint,
):  # fmt: skip
    ask()
del ask, api  # while asyncio, with which it ends itself, is still there
