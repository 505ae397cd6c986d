"""A real WebUI behind the fake: its exchanges as they are recorded."""
