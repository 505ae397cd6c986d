"""Where the WebUI takes generations, and tells of them."""

TXT2IMG = "/sdapi/v1/txt2img"
IMG2IMG = "/sdapi/v1/img2img"
EXTRAS = "/sdapi/v1/extra-single-image"
TASK_PROGRESS = "/internal/progress"
