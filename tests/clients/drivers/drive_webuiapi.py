"""Drive a WebUI with webuiapi: pictures, options, every list, progress."""

import sys
from urllib.parse import urlsplit

import webuiapi

address = urlsplit(sys.argv[1])
api = webuiapi.WebUIApi(host=address.hostname, port=address.port)
small = {"prompt": "a boat", "width": 64, "height": 64, "steps": 2, "seed": 7}

picture = api.txt2img(**small).image
assert picture.size == (64, 64)
again = {**small, "prompt": "a sea", "denoising_strength": 0.5}
assert api.img2img(images=[picture], **again).image.size == (64, 64)
larger = {"upscaler_1": "Lanczos", "upscaling_resize": 2}
assert api.extra_single_image(image=picture, **larger).image.size == (128, 128)
assert len(api.extra_batch_images(images=[picture, picture], **larger).images) == 2
assert "Steps: 2" in api.png_info(picture).info
api.interrogate(picture)
api.set_options({"samples_format": "webp"})
assert api.get_options()["samples_format"] == "webp"
assert api.util_get_current_model() == api.get_options()["sd_model_checkpoint"]
api.util_set_model(api.util_get_model_names()[0])
assert "Euler a" in api.util_get_sampler_names()
assert "karras" in api.util_get_scheduler_names()
assert api.get_progress()["progress"] == 0
for ask in (
    api.get_sd_vae, api.get_upscalers, api.get_latent_upscale_modes, api.get_loras,
    api.get_sd_models, api.get_hypernetworks, api.get_face_restorers, api.get_realesrgan_models,
    api.get_prompt_styles, api.get_scripts, api.get_embeddings, api.get_memory, api.get_cmd_flags,
    api.refresh_checkpoints, api.interrupt, api.skip,
):  # fmt: skip
    ask()
api.util_wait_for_ready(check_interval=0.05)
