"""Settings under a name."""

from typing import Any

from flask.typing import ResponseReturnValue

from app.config.presets import delete_preset, list_presets, load_preset, save_preset
from app.gui.context import gui
from app.gui.endpoints import Body, Endpoints
from app.gui.rows import notice_row

presets = Endpoints("presets")


class PresetBody(Body):
    """The settings to keep, and whether they may take the place of others of this name."""

    settings: dict[str, Any]
    overwrite: bool = False


@presets.get("/presets")
def look() -> ResponseReturnValue:
    """Answer with the names of the presets."""
    return {"presets": list_presets(gui().application.home)}


@presets.get("/presets/<name>")
def show(name: str) -> ResponseReturnValue:
    """Answer with the settings of a preset; what it does not name comes from the defaults."""
    preset = load_preset(gui().application.home, name)
    notices = [notice_row(notice) for notice in preset.notices]
    return {"name": name, "settings": preset.layer, "notices": notices}


@presets.put("/presets/<name>", PresetBody)
def save(name: str, body: PresetBody) -> ResponseReturnValue:
    """Keep settings under a name."""
    save_preset(gui().application.home, name, body.settings, overwrite=body.overwrite)
    gui().events.publish("settings", {"what": "presets", "name": name})
    return {"name": name}


@presets.delete("/presets/<name>")
def delete(name: str) -> ResponseReturnValue:
    """Delete a preset."""
    delete_preset(gui().application.home, name)
    gui().events.publish("settings", {"what": "presets", "name": name})
    return {}
