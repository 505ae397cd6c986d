"""Settings under a name."""

from flask.typing import ResponseReturnValue

from app.config.presets import list_presets, load_preset
from app.gui.context import gui
from app.gui.endpoints import Endpoints

presets = Endpoints("presets")


@presets.get("/presets")
def look() -> ResponseReturnValue:
    """Answer with the names of the presets."""
    return {"presets": list_presets(gui().application.home)}


@presets.get("/presets/<name>")
def show(name: str) -> ResponseReturnValue:
    """Answer with the settings of a preset; what it does not name comes from the defaults."""
    preset = load_preset(gui().application.home, name)
    return {"name": name, "settings": preset.layer, "notices": preset.notices}
