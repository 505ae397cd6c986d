"""Forge: `--profile forge`."""

from typing import Final

from fake_webui.contract.envelope import Envelope
from fake_webui.profiles.profile import Profile
from fake_webui.webui.policy import Policy

PROFILE: Final = Profile(
    name="forge",
    title="Forge",
    policy=Policy(
        version="f2.0.1v1.10.1-previous-669-gdfdcbab6",
        root="/srv/stable-diffusion-webui-forge",
        tables="forge",
    ),
    envelope=Envelope(message="message", wraps_http_errors=False, challenge="Basic"),
)
