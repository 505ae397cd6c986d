"""What the commands of `fake-webui` do besides serving."""
