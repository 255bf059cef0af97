"""The laboratory: a phone, its networks, the hosts behind them, the recorders; one seed, one clock.

with Lab(7, datetime(2014, 7, 20, tzinfo=UTC)) as lab:
    lab.record(folder / "capture.pcapng", keys="separate", key_path=folder / "keys.log")
    lab.host("api.vendor.example", lab.addresses.pick("CN"), "CN", cloud)
    lab.clock.every(300, lambda: lab.phone.fetch(Request("GET", "api.vendor.example", "/ping"), app))
    lab.run(datetime(2014, 7, 27, tzinfo=UTC))
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from wirelab.addresses import Addresses, one_way_delay
from wirelab.ambient import Ambient
from wirelab.certificate import Authority, Identity
from wirelab.clock import Clock, Moment, nanoseconds
from wirelab.dns import Dns
from wirelab.host import Host, WebSocketService
from wirelab.message import App, Attempt, Exchange, Failure, Request, Response, Seen, Sent, Service
from wirelab.net import Net
from wirelab.options import LabOptions
from wirelab.phone import Phone
from wirelab.pool import Pool
from wirelab.recorder import Recorder
from wirelab.tls import REFUSALS, VERSIONS, TlsKit, TlsProfile
from wirelab.websocket import WebSocket

__all__ = [
    "App",
    "Attempt",
    "Exchange",
    "Failure",
    "Host",
    "Lab",
    "LabOptions",
    "Recorder",
    "Request",
    "Response",
    "Seen",
    "Sent",
    "Service",
    "WebSocket",
    "nanoseconds",
]


def _unused(_: Request) -> Response:
    return Response(404)


class Lab:
    """Everything between an app that wants to send and a file that holds the packets."""

    def __init__(self, seed: int, start: datetime, options: LabOptions | None = None) -> None:
        self.seed, self.options = seed, options or LabOptions()
        self.clock = Clock(start)
        self._kit = TlsKit()
        self._public = Authority(f"{seed}:public", "Verdant Server CA G2", "Verdant Trust Services", start)
        self._own = Authority(f"{seed}:own", "Inspection CA", "Test Laboratory", start)
        self._net = Net(seed, self.clock, self.options, self._resolver())
        self.dns = Dns(self._net)
        self._pool = Pool(self._net, self.dns, self._kit)
        self.phone = Phone(self._net, self.dns, self._pool)
        self.addresses = Addresses(self._net.rng("addresses"))
        self._ambient = Ambient(self._net, self.phone) if self.options.ambient else None

    def _resolver(self) -> Host:
        nobody = Identity(self._public.certificate, (), self._public.key)
        return Host(
            "resolver", (), "", _unused, None, (), False, None, (), 300, 60.0, 0.004, "", None, "", nobody
        )

    @property
    def on_sent(self) -> list[Callable[[Sent], None]]:
        """Told of everything that left the phone, when it has wholly left (or was cut)."""
        return self._net.ledger.on_sent

    @property
    def on_attempt(self) -> list[Callable[[Attempt], None]]:
        """Told of every refused interception."""
        return self._net.ledger.on_attempt

    @property
    def recorders(self) -> dict[str, Recorder]:
        """The recorders by name; the first is the primary one."""
        return {item.name: item for item in self._net.recorders}

    def rng(self, name: str) -> random.Random:
        """Random numbers of that name, from the seed; worlds put their own prefix before it."""
        return self._net.rng(f"world:{name}")

    def record(
        self,
        path: Path,
        *,
        name: str | None = None,
        vantage: str = "gateway",
        networks: tuple[str, ...] = ("wifi",),
        flavour: str = "pcapng",
        keys: str = "separate",
        key_path: Path | None = None,
        comments: Iterable[str] = (),
    ) -> Recorder:
        """Add a recorder; it runs from now on. `recorder` names vantages, flavours and ways to give keys."""
        name = name or vantage
        if name in self.recorders:
            raise ValueError(f"there is a recorder named {name!r} already")
        recorder = Recorder(
            path,
            self.clock,
            name=name,
            vantage=vantage,
            networks=networks,
            flavour=flavour,
            keys=keys,
            key_path=key_path,
            comments=comments,
            drop=self.options.drop,
            rng=self._net.rng(f"recorder:{name}"),
        )
        self._net.recorders.append(recorder)
        return recorder

    def host(
        self,
        name: str,
        address: str | tuple[str, ...],
        country: str,
        service: Service = _unused,
        *,
        tls: str = "1.3",
        alpn: tuple[str, ...] = ("http/1.1",),
        cipher: str | None = None,
        pinned: bool = False,
        refuses: str | None = None,
        aliases: tuple[str, ...] = (),
        ttl: int = 300,
        idle_close_s: float = 60.0,
        delay_s: float | None = None,
        key: str = "ec",
        organisation: str = "",
        websocket: WebSocketService | None = None,
    ) -> Host:
        """Put a host on the internet.

        A pinned host is not intercepted and its keys are never given away; one whose app `refuses` is
        intercepted in vain. `tls` is "1.3", "1.2" or "none"; `cipher` an OpenSSL name for TLS 1.2
        ("AES128-SHA" needs `key="rsa"`), or with HTTP/3 one of aioquic's ("CHACHA20_POLY1305_SHA256").
        """
        if alpn == ("h3",) and tls != "1.3":
            raise ValueError("HTTP/3 speaks TLS 1.3 only")
        if name in self._net.hosts:
            raise ValueError(f"there is a host named {name!r} already")
        if tls not in {*VERSIONS, "none"}:
            raise ValueError(f"tls is one of 1.2, 1.3, none, not {tls!r}")
        if refuses is not None and refuses not in REFUSALS:
            raise ValueError(f"refuses is one of {', '.join(REFUSALS)}, not {refuses!r}")
        profile = None if tls == "none" else TlsProfile(tls, alpn, cipher if tls == "1.2" else None)
        authority = self._public if pinned else self._own
        identity = authority.issue((name, *aliases), key)
        host = Host(
            name.lower(),
            (address,) if isinstance(address, str) else address,
            country,
            service,
            profile,
            alpn,
            pinned,
            refuses,
            aliases,
            ttl,
            idle_close_s,
            one_way_delay(country) if delay_s is None else delay_s,
            organisation,
            websocket,
            authority.pem,
            identity,
            self._kit.server(profile, identity) if profile else None,
            cipher if alpn == ("h3",) else None,
        )
        self._net.hosts[host.name] = host
        return host

    def run(self, until: Moment) -> None:
        """Play on to that moment."""
        self.clock.run(until)

    def close(self) -> None:
        """Close the recorders: their files get their names."""
        for recorder in self._net.recorders:
            recorder.close()
        self._net.recorders.clear()
        self._kit.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
            return
        for recorder in self._net.recorders:
            recorder.abandon()
        self._kit.close()
