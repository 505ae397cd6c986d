"""What ControlNet's own endpoints read."""

from typing import Final

from fake_webui.contract import Field, Parameters, Table
from fake_webui.contract.coercion import BOOLEAN, INTEGER, NUMBER, STRING, list_of

UNIT_COUNT: Final = 3

MODELS_QUERY: Final = Table("model_list", (Field("update", BOOLEAN, default=True),))
MODULES_QUERY: Final = Table("module_list", (Field("alias_names", BOOLEAN, default=False),))

DETECT: Final = Parameters(
    "Body_detect_controlnet_detect_post",
    (
        Field("controlnet_module", STRING, "none", title="Controlnet Module"),
        Field("controlnet_input_images", list_of(STRING), [], title="Controlnet Input Images"),
        Field("controlnet_processor_res", INTEGER, -1, title="Controlnet Processor Resolution"),
        Field("controlnet_threshold_a", NUMBER, -1, title="Controlnet Threshold a"),
        Field("controlnet_threshold_b", NUMBER, -1, title="Controlnet Threshold b"),
        Field("controlnet_masks", list_of(STRING), [], title="Controlnet Masks"),
        Field("low_vram", BOOLEAN, default=False, title="Low vram"),
    ),
)

PERSON: Final = Table(
    "Person",
    (
        Field("pose_keypoints_2d", list_of(NUMBER)),
        Field("hand_right_keypoints_2d", list_of(NUMBER), None),
        Field("hand_left_keypoints_2d", list_of(NUMBER), None),
        Field("face_keypoints_2d", list_of(NUMBER), None),
    ),
)
POSE: Final = Table(
    "PoseData",
    (
        Field("people", list_of(PERSON)),
        Field("canvas_width", INTEGER),
        Field("canvas_height", INTEGER),
    ),
)

POSES: Final = Parameters(
    "render_openpose_json",
    (Field("pose_data", list_of(POSE), [], title="Pose json files to render."),),
)
