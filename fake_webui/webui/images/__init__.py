"""Pictures that a person can read, made in a millisecond, and what is done to pictures."""

from fake_webui.webui.images.drawing import Drawing
from fake_webui.webui.images.picture import (
    Picture,
    open_image,
    read_header,
    read_user_comment,
    user_comment,
)

__all__ = ["Drawing", "Picture", "open_image", "read_header", "read_user_comment", "user_comment"]
