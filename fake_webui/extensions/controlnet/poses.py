"""Bodies drawn from the joints of an OpenPose document."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from fake_webui.errors import HandlerError
from fake_webui.webui.limits import check_memory

Joint = tuple[float, float] | None

JOINTS = 18
# Pairs of joints, from 0: neck to shoulders and hips, limbs, head.
LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7)),
    *((1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
LIMB_PX, JOINT_PX = 4, 3


def draw_people(people: Sequence[Sequence[float]], size: tuple[int, int]) -> Image.Image:
    """Return the bodies on black; each is a list of x, y, confidence for every joint.

    Raises:
        HandlerError: for a body without all joints, and for a canvas without pixels or
            with too many.
    """
    check_memory(*size)
    if min(size) < 1:
        raise HandlerError("ValueError", "tile cannot extend outside image")
    canvas = Image.new("RGB", size)
    for keypoints in people:
        _draw(ImageDraw.Draw(canvas), _joints(keypoints))
    return canvas


def _joints(keypoints: Sequence[float]) -> list[Joint]:
    found = list(zip(*[iter(keypoints)] * 3, strict=False))
    if len(found) < JOINTS:
        raise HandlerError("IndexError", "list index out of range")
    return [(x, y) if confidence > 0 else None for x, y, confidence in found]


def _draw(pen: ImageDraw.ImageDraw, joints: Sequence[Joint]) -> None:
    for number, (start, end) in enumerate(LIMBS):
        one, other = joints[start], joints[end]
        if one and other:
            pen.line([one, other], fill=_colour(number), width=LIMB_PX)
    for number, joint in enumerate(joints[:JOINTS]):
        if joint:
            x, y = joint
            box = (x - JOINT_PX, y - JOINT_PX, x + JOINT_PX, y + JOINT_PX)
            pen.ellipse(box, fill=_colour(number))


def _colour(number: int) -> str:
    return f"hsl({number * 360 // JOINTS}, 100%, 50%)"
