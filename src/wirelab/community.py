"""Community ID 1.0: one name for one conversation, the same in every tool.

Source: the Community ID specification, version 1, seed 0 (github.com/corelight/community-id-spec).
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import struct


def community_id(src: str, dst: str, proto: int, sport: int, dport: int) -> str:
    """The Community ID of a TCP or UDP conversation; either direction gives the same text.

    >>> community_id("128.232.110.120", "66.35.250.204", 6, 34855, 80)
    '1:LQU9qZlK+B5F3KDmev6m5PMibrg='
    """
    one = (ipaddress.ip_address(src).packed, sport)
    two = (ipaddress.ip_address(dst).packed, dport)
    (low, low_port), (high, high_port) = sorted((one, two))
    body = struct.pack("!H", 0) + low + high + struct.pack("!BBHH", proto, 0, low_port, high_port)
    return "1:" + base64.b64encode(hashlib.sha1(body).digest()).decode()
