"""Every endpoint of A1111 that is imitated, family by family."""

from typing import Final

from fake_webui.api import (
    documents,
    extra_networks,
    extras,
    generation,
    internal,
    lifecycle,
    lists,
    models,
    options,
    page,
    page_calls,
    page_files,
    progress,
)
from fake_webui.contract import Endpoint
from fake_webui.extensions import SHIPPED
from fake_webui.profiles import Profile, adapted, extensions_of
from fake_webui.webui.extension import endpoints_of

FAMILIES: Final = (
    documents.endpoints,
    page.endpoints,
    page_files.endpoints,
    page_calls.endpoints,
    internal.endpoints,
    generation.endpoints,
    extras.endpoints,
    progress.endpoints,
    options.endpoints,
    lists.endpoints,
    models.endpoints,
    lifecycle.endpoints,
    extra_networks.endpoints,
)
ENDPOINTS: Final = tuple(endpoint for family in FAMILIES for endpoint in family.endpoints)
PARTS: Final = {"shutdown": lifecycle.shutdown_endpoints}


def core_endpoints(profile: Profile) -> tuple[Endpoint, ...]:
    """Return A1111's endpoints, and those of the parts that this kind of WebUI has."""
    parts = (endpoint for part in profile.parts for endpoint in PARTS[part].endpoints)
    return (*ENDPOINTS, *parts)


def known_endpoints(profile: Profile) -> tuple[Endpoint, ...]:
    """Return the endpoints of a kind of WebUI with all extensions of this package."""
    extensions = extensions_of(profile, SHIPPED)
    return tuple(adapted((*core_endpoints(profile), *endpoints_of(extensions)), profile))
