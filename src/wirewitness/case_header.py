"""What was audited: the device and the captures, as the result tells them."""

from __future__ import annotations

from wirewitness.case_inputs import Inputs
from wirewitness.model.result import AuditedCapture, AuditedDevice, AuditedPart

MAKERS_PART = len("aa:bb:cc")
"""Of a link-layer address, only what names its maker is told: the whole is a private value."""


def device_of(inputs: Inputs) -> AuditedDevice:
    """The phone as the case file declares it."""
    device = inputs.case.device
    return AuditedDevice(
        vendor=device.vendor,
        model=device.model,
        build=device.build,
        addresses=inputs.phone.addresses,
        macs=tuple(mac[:MAKERS_PART] for mac in inputs.phone_macs),
        chosen_by=inputs.phone.how,
    )


def captures_of(inputs: Inputs) -> tuple[AuditedCapture, ...]:
    """The captures as read. `keys`: TLS secrets were given with it, inside it, or for all captures."""
    for_all = bool(set(inputs.keys) - {file.keys for _, file in inputs.captures}) or bool(
        inputs.export.keylog
    )
    return tuple(
        AuditedCapture(
            path=str(info.path),
            sha256=info.sha256,
            packets=info.packets,
            bytes=info.bytes,
            first=info.first,
            last=info.last,
            network=file.network,
            vantage=file.vantage,
            keys=for_all or file.keys is not None or info.secrets,
            dropped=info.dropped,
            kind=info.kind,
            lacks=tuple(lack.value for lack in info.lacks),
            parts=tuple(
                AuditedPart(str(one.path), one.sha256, one.packets, one.bytes, one.first, one.last)
                for one in info.parts
            ),
        )
        for info, file in inputs.captures
    )
