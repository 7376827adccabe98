"""`trivet serve`: answers over HTTP, all services in one process."""

from __future__ import annotations

import os
from typing import Annotated

import typer


def serve(
    services: Annotated[list[str] | None, typer.Argument(help="Which services; none: all that have a model.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.  [TRIVET_HOST, 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0: a free one.  [TRIVET_PORT, 8800]")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Ask for no keys; only on loopback.")] = False,
    model: Annotated[
        list[str] | None, typer.Option(help="SERVICE=MODEL: name, name/3, name@live or a folder; may be repeated.")
    ] = None,
    rasa: Annotated[bool, typer.Option("--rasa", help="Let support answer Rasa's clients from the root too.")] = False,
    load: Annotated[str, typer.Option(help="A data set to fill the catalogue of recommend with.")] = "",
) -> None:
    """Serve over HTTP: `trivet serve support --insecure`."""
    # One engine thread and the event loop fill two cores; numpy reads these when it is first imported.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from trivet_service.doors import check_address
    from trivet_service.references import choose_companions, choose_references
    from trivet_service.server import run_services
    from trivet_service.settings import read_settings

    settings = read_settings(host=host, port=port, load=load or None, rasa=rasa or None)
    if insecure:
        check_address(settings.host)
    chosen = choose_references(services or [], model or [], settings)
    references = {service.name: reference for service, reference in chosen}
    references |= choose_companions(chosen, model or [], settings)
    run_services([service for service, _ in chosen], references, settings, keys=not insecure)
