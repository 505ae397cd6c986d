"""What a generation is asked to do, and what it has worked out so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from PIL import Image

from fake_webui.webui.catalog import Checkpoint


@dataclass(kw_only=True)
class Processing:
    """The parameters of one generation under the WebUI's own names; scripts copy and change it.

    Sizes are in pixels as asked for, before they are rounded down to a multiple of 8.
    """

    prompt: str
    negative_prompt: str
    styles: list[str] | str  # a text is what an infotext makes of them, and names none
    seed: int | None
    subseed: int | None
    subseed_strength: float
    seed_resize_from_h: int
    seed_resize_from_w: int
    sampler_name: str
    scheduler: str | None
    batch_size: int
    n_iter: int
    steps: int
    cfg_scale: float
    width: int
    height: int
    restore_faces: bool | None
    tiling: bool | None
    eta: float | None
    denoising_strength: float | None
    s_min_uncond: float | None
    override_settings: dict[str, Any]
    override_settings_restore_afterwards: bool
    refiner_checkpoint: str | None
    refiner_switch_at: float | None
    disable_extra_networks: bool

    # One for each picture, where a script asks for that; they stand before the single ones.
    prompt_list: list[str] | None = None
    negative_prompt_list: list[str] | None = None
    seed_list: list[int] | None = None

    do_not_save_samples: bool = True
    do_not_save_grid: bool = True

    enable_hr: bool = False
    firstpass_image: str | None = None
    firstphase_width: int = 0
    firstphase_height: int = 0
    hr_scale: float = 2.0
    hr_upscaler: str | None = None
    hr_second_pass_steps: int = 0
    hr_resize_x: int = 0
    hr_resize_y: int = 0
    hr_checkpoint_name: str | None = None
    hr_sampler_name: str | None = None
    hr_scheduler: str | None = None
    hr_prompt: str = ""
    hr_negative_prompt: str = ""

    # Fields that some kinds of WebUI have.
    distilled_cfg_scale: float | None = None
    hr_additional_modules: list[Any] | None = None
    hr_cfg: float | None = None
    hr_distilled_cfg: float | None = None

    is_img2img: bool = False
    init_images: list[Image.Image] = field(default_factory=list)
    resize_mode: int = 0
    mask: Image.Image | str | None = None
    mask_blur_x: int = 4
    mask_blur_y: int = 4
    mask_round: bool = True
    inpainting_fill: int = 0
    inpaint_full_res: bool = True
    inpaint_full_res_padding: int = 0
    inpainting_mask_invert: int = 0
    initial_noise_multiplier: float | None = None
    latent_mask: str | None = None

    # Worked out on the way.
    extra_generation_params: dict[str, Any] = field(default_factory=dict)
    all_prompts: list[str] = field(default_factory=list)
    all_negative_prompts: list[str] = field(default_factory=list)
    all_hr_prompts: list[str] = field(default_factory=list)
    all_hr_negative_prompts: list[str] = field(default_factory=list)
    all_seeds: list[int] = field(default_factory=list)
    all_subseeds: list[int] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    vae_name: str | None = None
    vae_hash: str | None = None
    init_img_hash: str | None = None
    uses_ensd: bool = False
    lora_hashes: dict[str, str] = field(default_factory=dict)
    encoder_notes: dict[str, Any] = field(default_factory=dict)
    stage: str = ""  # what pictures call the step that made them, where that isn't obvious

    @classmethod
    def from_request(cls, values: Mapping[str, Any], **more: Any) -> Self:
        """Return the processing that a request's fields ask for; `more` takes precedence."""
        known = {name: values[name] for name in REQUEST_FIELDS & values.keys()}
        styles = values["styles"] or []
        known["styles"] = styles if isinstance(styles, str) else list(styles)
        known["override_settings"] = dict(values["override_settings"] or {})
        made = cls(**(known | more))
        if isinstance(blur := values.get("mask_blur"), int):
            made.mask_blur_x = made.mask_blur_y = blur
        if made.firstphase_width != 0 or made.firstphase_height != 0:
            made.width, made.height = made.firstphase_width, made.firstphase_height
        return made

    @property
    def mask_blur(self) -> int | None:
        """The blur in pixels, None where it differs between the axes."""
        return self.mask_blur_x if self.mask_blur_x == self.mask_blur_y else None

    @property
    def name(self) -> str:
        """What pictures call this generation."""
        return self.stage or ("img2img" if self.is_img2img else "txt2img")


REQUEST_FIELDS = frozenset(one.name for one in fields(Processing)) - {"init_images", "mask"}
