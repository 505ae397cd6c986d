"""From a sampled picture to the one that is answered and saved."""

from dataclasses import dataclass

from PIL import Image

from fake_webui.webui.images import Picture
from fake_webui.webui.images.resizing import fit
from fake_webui.webui.processing import saving
from fake_webui.webui.processing.batch import Plan
from fake_webui.webui.processing.context import GenerationContext
from fake_webui.webui.processing.infotexts import infotext
from fake_webui.webui.processing.init_images import lay_over
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.state import WebUIState


@dataclass(frozen=True, slots=True)
class Finished:
    """A picture with what comes with it, and its infotext."""

    pictures: list[Picture]
    infotext: str


def finish_picture(
    p: Processing, context: GenerationContext, plan: Plan, index: int, picture: Picture
) -> Finished:
    """Let scripts have the picture, lay unmasked parts over it, give it its text, save it."""
    state = context.state
    for script in context.scripts:
        picture = script.postprocess_image(p, context, picture)
    masks: list[Picture] = []
    if plan.start and plan.start.overlays:
        if state.options.get("overlay_inpaint"):
            image, denoised = lay_over(picture.image, plan.start, index % p.batch_size)
            picture = Picture(image)
        else:
            denoised = picture.image
        masks = _mask_pictures(plan, state, picture, denoised)
    text = infotext(p, state, index)
    if state.options.get("enable_pnginfo"):
        picture = picture.with_info(parameters=text)
    picture = saving.save_picture(p, state, picture, p.all_seeds[index])
    return Finished([picture, *masks], text)


def _mask_pictures(
    plan: Plan, state: WebUIState, picture: Picture, denoised: Image.Image
) -> list[Picture]:
    """Return the mask and what was made under it, as far as the options want them."""
    if plan.start is None or plan.start.mask is None:
        return []
    mask, wanted = plan.start.mask.overlay, []
    if state.options.get("return_mask"):
        wanted.append(Picture(mask.convert("RGB")))
    if state.options.get("return_mask_composite"):
        cut = denoised.convert("RGBA")
        shape = fit(mask, 2, picture.size).convert("L")
        clear = Image.new("RGBA", picture.size)
        wanted.append(Picture(Image.composite(cut, clear, shape)))
    return wanted
