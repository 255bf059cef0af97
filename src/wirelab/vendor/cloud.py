"""The vendor's hosts: optin's cloud answers under ``/v1/``; what a world adds answers under other paths."""

from __future__ import annotations

from collections.abc import Callable

from optin.cloud.app import Cloud
from optin.cloud.service import CloudKeys
from optin.protocol.answer import SoftwareUpdate
from optin.protocol.catalogue import Recommendation
from wirelab.asgi import asgi_service
from wirelab.claims import DOMAIN
from wirelab.lab import Lab, Request, Response

API, BACKUP, UPLOAD = f"api.{DOMAIN}", f"backup.{DOMAIN}", f"upload.{DOMAIN}"
ADDRESSES = {API: "42.62.94.17", BACKUP: "111.13.142.36", UPLOAD: "42.62.94.58"}
_TLS = {API: "1.2", BACKUP: "1.3", UPLOAD: "1.2"}
_UPDATE = SoftwareUpdate("5.0.2", f"https://{API}/packages/vn2014-5.0.2.zip", "9f" * 32, 184_320_512)
_CATALOGUE = (
    Recommendation("com.dailyreader.news", "Daily Reader", "news", 0.41),
    Recommendation("com.streambrook.player", "Streambrook", "music", 0.37),
    Recommendation("com.tinyquest.game", "Tiny Quest", "games", 0.22),
)

KEYS = CloudKeys(b"the laboratory's cloud: no secret")
LOG_KEY, CATALOGUE_KEY = KEYS.public
Route = Callable[[Request], Response]


class VendorCloud:
    """The vendor's three hosts in mainland China. ``pinned``: their session keys are in nobody's hands."""

    def __init__(self, lab: Lab, *, pinned: bool = False) -> None:
        self.app = Cloud(lab.clock.utc, _UPDATE, _CATALOGUE, KEYS)
        self._lab, self._all_pinned = lab, pinned
        self.pinned: set[str] = set()
        """Hosts whose keys the world keeps away whatever the sight."""
        self._optin = asgi_service(self.app)
        self._routes: dict[str, Route] = {}

    def open(self, *names: str, refuses: str | None = None, pinned: bool = False) -> None:
        """Put hosts on the network.

        ``refuses``: the vendor's apps abort every intercepted handshake that way. ``pinned``: nobody gets the
        keys.
        """
        for name in names:
            if pinned:
                self.pinned.add(name)
            self._lab.host(
                name,
                ADDRESSES.get(name) or self._lab.addresses.pick("CN", "cloud"),
                "CN",
                self.answer,
                tls=_TLS.get(name, "1.2"),  # type: ignore[arg-type, unused-ignore]
                alpn=("http/1.1",),
                pinned=self._all_pinned or pinned,
                refuses=refuses,  # type: ignore[arg-type, unused-ignore]
                organisation="Vendor Cloud Ltd",
            )

    def route(self, prefix: str, service: Route) -> None:
        """Let ``service`` answer requests whose target begins with ``prefix``."""
        self._routes[prefix] = service

    def answer(self, request: Request) -> Response:
        """One answer of the vendor's hosts."""
        if request.target.startswith("/v1/"):
            return self._optin(request)
        for prefix, service in self._routes.items():
            if request.target.startswith(prefix):
                return service(request)
        return Response(200, (("Content-Type", "application/json"),), b'{"code":0}')
