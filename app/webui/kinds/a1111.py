"""AUTOMATIC1111's WebUI, whose language the app speaks."""

from app.webui.kinds.kind import WebUIKind

A1111 = WebUIKind(name="AUTOMATIC1111", ignored=frozenset({"distilled_cfg_scale", "hr_cfg"}))
