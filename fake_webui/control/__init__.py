"""The test double's own face: the gate before every view, `/__fake/v1`, the inspector page."""
