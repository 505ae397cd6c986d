"""What a client sent that the WebUI does not know, with what was probably meant."""

from collections.abc import Iterable, Iterator

from fake_webui.contract import Endpoint, Index
from fake_webui.journal.exchange import Exchange
from fake_webui.webui.extension import Extension, scripts_of
from fake_webui.wording import did_you_mean


def unexpected(
    exchange: Exchange, endpoints: Index, extensions: Iterable[Extension]
) -> Iterator[str]:
    """Yield a sentence for each thing of a request that the WebUI does not know."""
    methods = endpoints.get(exchange.path, {})
    if not exchange.matched:
        if methods:
            yield f"the WebUI takes {' or '.join(methods)} here"
        else:
            yield f"the WebUI has no such address{did_you_mean(exchange.path, endpoints)}"
    for field in exchange.unknown_fields:
        yield unknown_field(field, methods.get(exchange.method), extensions)


def unknown_field(field: str, endpoint: Endpoint | None, extensions: Iterable[Extension]) -> str:
    """Return a sentence on a field that an endpoint lacks; dotted keys reach inside."""
    scripts = [one for one in scripts_of(extensions) if names_script(field, one.name)]
    if scripts:
        known = {key for script in scripts for key in script.fields or ()}
        meant = did_you_mean(field.rpartition(".")[2], known)
    else:
        tables = endpoint.tables if endpoint else ()
        meant = did_you_mean(field, {one.name for table in tables for one in table.fields})
    return f"`{field}` is not a field of the WebUI{meant}"


def names_script(field: str, name: str) -> bool:
    """Return whether a dotted key is in what an always-on script is given."""
    return field.lower().startswith(f"alwayson_scripts.{name.lower()}.")
