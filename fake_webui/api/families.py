"""Every endpoint of A1111 that is imitated, family by family."""

from typing import Final

from fake_webui.api import (
    documents,
    extras,
    generation,
    internal,
    lifecycle,
    lists,
    models,
    options,
    page,
    progress,
)
from fake_webui.extensions.adetailer import routes

FAMILIES: Final = (
    documents.endpoints,
    page.endpoints,
    internal.endpoints,
    generation.endpoints,
    extras.endpoints,
    progress.endpoints,
    options.endpoints,
    lists.endpoints,
    models.endpoints,
    lifecycle.endpoints,
    routes.endpoints,
)
ENDPOINTS: Final = tuple(endpoint for family in FAMILIES for endpoint in family.endpoints)
