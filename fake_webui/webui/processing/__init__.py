"""Generations: from parameters to pictures, seeds and infotexts."""

from fake_webui.webui.processing.context import AlwaysOn, GenerationContext
from fake_webui.webui.processing.parameters import Processing
from fake_webui.webui.processing.pipeline import process_images
from fake_webui.webui.processing.result import Processed, collect

__all__ = ["AlwaysOn", "GenerationContext", "Processed", "Processing", "collect", "process_images"]
