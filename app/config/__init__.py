"""What a job does: settings with their ranges, presets, requirements, infotexts."""
