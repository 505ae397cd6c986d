"""The fields of every request: names, types, defaults and which of them may be null."""

from typing import Final

from fake_webui.contract.coercion import (
    ANYTHING,
    BOOLEAN,
    INTEGER,
    LIST,
    MAPPING,
    NUMBER,
    STRING,
    limited,
    list_of,
    matching,
    one_of,
    titled,
)
from fake_webui.contract.table import Field, Table

_FRACTION = limited(NUMBER, ge=0, le=1)


def _nullable(*fields: Field) -> tuple[Field, ...]:
    return tuple(
        Field(field.name, field.type, field.default, nullable=True, title=field.title)
        for field in fields
    )


_PROCESSING_START: Final = (
    Field("prompt", STRING, ""),
    Field("negative_prompt", STRING, ""),
    Field("styles", list_of(STRING), None),
    Field("seed", INTEGER, -1),
    Field("subseed", INTEGER, -1),
    Field("subseed_strength", NUMBER, 0),
    Field("seed_resize_from_h", INTEGER, -1),
    Field("seed_resize_from_w", INTEGER, -1),
    Field("sampler_name", STRING, None),
    Field("scheduler", STRING, None),
    Field("batch_size", INTEGER, 1),
    Field("n_iter", INTEGER, 1),
    Field("steps", INTEGER, 50),
    Field("cfg_scale", NUMBER, 7.0),
    Field("width", INTEGER, 512),
    Field("height", INTEGER, 512),
    Field("restore_faces", BOOLEAN, None),
    Field("tiling", BOOLEAN, None),
    Field("do_not_save_samples", BOOLEAN, default=False),
    Field("do_not_save_grid", BOOLEAN, default=False),
    Field("eta", NUMBER, None),
)

_PROCESSING_END: Final = (
    Field("s_min_uncond", NUMBER, None),
    Field("s_churn", NUMBER, None),
    Field("s_tmax", NUMBER, None),
    Field("s_tmin", NUMBER, None),
    Field("s_noise", NUMBER, None),
    Field("override_settings", MAPPING, None),
    Field("override_settings_restore_afterwards", BOOLEAN, default=True),
    Field("refiner_checkpoint", STRING, None),
    Field("refiner_switch_at", NUMBER, None),
    Field("disable_extra_networks", BOOLEAN, default=False),
    Field("firstpass_image", STRING, None),
    Field("comments", MAPPING, None),
)

_HIRES: Final = (
    Field("enable_hr", BOOLEAN, default=False),
    Field("firstphase_width", INTEGER, 0),
    Field("firstphase_height", INTEGER, 0),
    Field("hr_scale", NUMBER, 2.0),
    Field("hr_upscaler", STRING, None),
    Field("hr_second_pass_steps", INTEGER, 0),
    Field("hr_resize_x", INTEGER, 0),
    Field("hr_resize_y", INTEGER, 0),
    Field("hr_checkpoint_name", STRING, None),
    Field("hr_sampler_name", STRING, None),
    Field("hr_scheduler", STRING, None),
    Field("hr_prompt", STRING, ""),
    Field("hr_negative_prompt", STRING, ""),
)

_INIT_IMAGE: Final = (
    Field("init_images", LIST, None),
    Field("resize_mode", INTEGER, 0),
    Field("image_cfg_scale", NUMBER, None),
    Field("mask", STRING, None),
    Field("mask_blur_x", INTEGER, 4),
    Field("mask_blur_y", INTEGER, 4),
    Field("mask_blur", INTEGER, None),
    Field("mask_round", BOOLEAN, default=True),
    Field("inpainting_fill", INTEGER, 0),
    Field("inpaint_full_res", BOOLEAN, default=True),
    Field("inpaint_full_res_padding", INTEGER, 0),
    Field("inpainting_mask_invert", INTEGER, 0),
    Field("initial_noise_multiplier", NUMBER, None),
    Field("latent_mask", STRING, None),
)

_DELIVERY: Final = (
    Field("script_name", STRING, None),
    Field("script_args", LIST, []),
    Field("send_images", BOOLEAN, default=True),
    Field("save_images", BOOLEAN, default=False),
    Field("alwayson_scripts", MAPPING, {}),
    Field("infotext", STRING, None),
)

TXT2IMG: Final = Table(
    "StableDiffusionProcessingTxt2Img",
    (
        *_nullable(*_PROCESSING_START),
        Field("denoising_strength", NUMBER, None),
        *_nullable(*_PROCESSING_END, *_HIRES),
        Field("force_task_id", STRING, None),
        Field("sampler_index", STRING, "Euler"),
        *_DELIVERY,
    ),
)

IMG2IMG: Final = Table(
    "StableDiffusionProcessingImg2Img",
    (
        *_nullable(*_PROCESSING_START),
        Field("denoising_strength", NUMBER, 0.75),
        *_nullable(*_PROCESSING_END, *_INIT_IMAGE),
        Field("force_task_id", STRING, None),
        Field("sampler_index", STRING, "Euler"),
        Field("include_init_images", BOOLEAN, default=False),
        *_DELIVERY,
    ),
)

_EXTRAS: Final = (
    Field("resize_mode", one_of(0, 1), 0),
    Field("show_extras_results", BOOLEAN, default=True, title="Show results"),
    Field("gfpgan_visibility", _FRACTION, 0, title="GFPGAN Visibility"),
    Field("codeformer_visibility", _FRACTION, 0, title="CodeFormer Visibility"),
    Field("codeformer_weight", _FRACTION, 0, title="CodeFormer Weight"),
    Field("upscaling_resize", limited(NUMBER, gt=0), 2, title="Upscaling Factor"),
    Field("upscaling_resize_w", limited(INTEGER, ge=1), 512, title="Target Width"),
    Field("upscaling_resize_h", limited(INTEGER, ge=1), 512, title="Target Height"),
    Field("upscaling_crop", BOOLEAN, default=True, title="Crop to fit"),
    Field("upscaler_1", STRING, "None", title="Main upscaler"),
    Field("upscaler_2", STRING, "None", title="Secondary upscaler"),
    Field("extras_upscaler_2_visibility", _FRACTION, 0, title="Secondary upscaler visibility"),
    Field("upscale_first", BOOLEAN, default=False, title="Upscale first"),
)

EXTRA_SINGLE: Final = Table(
    "ExtrasSingleImageRequest", (*_EXTRAS, Field("image", STRING, "", title="Image"))
)

FILE_DATA: Final = Table(
    "FileData",
    (Field("data", STRING, title="File data"), Field("name", STRING, title="File name")),
)

EXTRA_BATCH: Final = Table(
    "ExtrasBatchImagesRequest",
    (*_EXTRAS, Field("imageList", list_of(FILE_DATA), title="Images")),
)

PNG_INFO: Final = Table("PNGInfoRequest", (Field("image", STRING, title="Image"),))

INTERROGATE: Final = Table(
    "InterrogateRequest",
    (Field("image", STRING, "", title="Image"), Field("model", STRING, "clip", title="Model")),
)

INTERNAL_PROGRESS: Final = Table(
    "ProgressRequest",
    (
        Field("id_task", STRING, None, title="Task ID"),
        Field("id_live_preview", INTEGER, -1, title="Live preview image ID"),
        Field("live_preview", BOOLEAN, default=True, title="Include live preview"),
    ),
)

PROGRESS_QUERY: Final = Table("progress", (Field("skip_current_image", BOOLEAN, default=False),))

ATTACHMENT_QUERY: Final = Table("sysinfo", (Field("attachment", ANYTHING, default=False),))

SERIALIZE_QUERY: Final = Table("info", (Field("serialize", BOOLEAN, default=True),))

LOGIN_FORM: Final = Table(
    "login",
    (
        Field("grant_type", matching("password"), None),
        Field("username", STRING),
        Field("password", STRING),
        Field("scope", STRING, ""),
        Field("client_id", STRING, None),
        Field("client_secret", STRING, None),
    ),
)

ANY_OPTIONS: Final = titled(MAPPING, "Req")
ANY_ARGUMENTS: Final = titled(MAPPING, "Args")
