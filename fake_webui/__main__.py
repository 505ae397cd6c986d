"""`python -m fake_webui`."""

from fake_webui.cli import main

main(prog_name="fake-webui")
