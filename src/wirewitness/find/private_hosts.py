"""Host names that hold a private value (`490154203237518.tracker.example`): shown as `*.tracker.example`.

A name may carry a value as any body does; the finding says so by the fact's id, and no result prints it.
"""

from __future__ import annotations

from wirewitness.find.lookups import registrable_domain
from wirewitness.find.needles import SHORT_BYTES, Watch
from wirewitness.find.tables import Tables


def hide_private_hosts(tables: Tables, watch: Watch) -> None:
    """Renames such hosts in `phone_flow`, and leaves the scratch table `host_shown` for the others to ask."""
    forms = {
        form.data.lower()
        for form in watch.needles.plain
        if len(form.data) >= SHORT_BYTES and form.data.isascii()
    }
    hosts = tables.rows(
        "SELECT DISTINCT host FROM phone_flow UNION SELECT DISTINCT lower(host) FROM message WHERE up"
    )
    private = [name for (host,) in hosts if _holds(name := str(host), forms)]
    tables.fill("host_shown", "host TEXT, shown TEXT", [(name, shown_host(name)) for name in private])
    if private:
        tables.run("UPDATE phone_flow SET host = s.shown FROM host_shown s WHERE phone_flow.host = s.host")


def shown_host(host: str) -> str:
    """The domain of a host that is not to be printed, with a star for the rest."""
    return f"*.{registrable_domain(host)}"


def _holds(host: str, forms: set[bytes]) -> bool:
    """Whether one of the forms is a stretch of the host."""
    data = host.encode()
    if len(data) < SHORT_BYTES:
        return False
    lengths = range(SHORT_BYTES, len(data) + 1)
    return any(data[at : at + length] in forms for length in lengths for at in range(len(data) - length + 1))
