"""Extensions: scripts, routes, options and infotext lines that a WebUI may have beside its own."""
