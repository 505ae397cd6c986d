"""Drive a WebUI with sd-backend-client: found by probing, then pictures and every list."""

import sys

from PIL import Image
from sd_backend_client import DiffusionParams, connect_to_backend

backend = connect_to_backend(sys.argv[1])
params = DiffusionParams(prompt="a boat", steps=2, width=64, height=64, seed=7)
made = backend.submit_txt2img(params).wait(timeout=60, poll_interval=0.05)
assert made.images[0].size == (64, 64)
assert made.seeds == [7]
params.init_images = [made.images[0]]
assert backend.submit_img2img(params).wait(timeout=60, poll_interval=0.05).images
params.mask = Image.new("L", (64, 64), 255)
assert backend.submit_inpaint(params).wait(timeout=60, poll_interval=0.05).images
enlarged = backend.submit_upscale(made.images[0], 128, 128).wait(timeout=60, poll_interval=0.05)
assert enlarged.images[0].size == (128, 128)
backend.set_config({"samples_format": "webp"})
assert backend.get_config()["samples_format"] == "webp"
assert backend.list_checkpoints()
assert backend.list_samplers()
assert backend.list_schedulers()
assert backend.list_upscalers()
for ask in (
    backend.get_styles, backend.get_scripts, backend.get_script_info, backend.get_samplers,
    backend.get_latent_upscale_modes, backend.get_hypernetworks, backend.get_models,
    backend.get_vae, backend.get_loras, backend.list_vaes, backend.list_loras,
    backend.list_hypernetworks, backend.get_capabilities, backend.progress_check,
    backend.refresh_checkpoints, backend.refresh_vae, backend.refresh_loras, backend.interrupt,
    backend.login_check,
):  # fmt: skip
    ask()
assert backend.get_thumbnail("no/such/file.png") is None
