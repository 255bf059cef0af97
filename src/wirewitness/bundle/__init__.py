"""Floor 5: a case folder becomes one sealed file, is verified, and shown in part. No clock, no network.

>>> seal_case(Path("case"), Path("case.zip"), custody=Custody(now), secret=token_bytes(32))
>>> verify_bundle(Path("case.zip")).rerun.differences
()
"""

from wirewitness.bundle.redact import redact_bundle
from wirewitness.bundle.seal import Sealed, Stamp, seal_case
from wirewitness.bundle.verify import Rerun, Verified, verify_bundle
from wirewitness.model.custody import Custody

__all__ = [
    "Custody",
    "Rerun",
    "Sealed",
    "Stamp",
    "Verified",
    "redact_bundle",
    "seal_case",
    "verify_bundle",
]
