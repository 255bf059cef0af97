"""The cloud on a real PostgreSQL, started from Debian's package on loopback; two processes' worth side by side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from optin.cloud.store import Store
from optin.ledger.merkle import extends, prove_consistency
from optin.protocol.consent import Consent
from optin.protocol.preference import QUESTIONS, PreferenceReport
from optin.protocol.signed_record import SignedRecord

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_two_clouds_side_by_side_keep_one_log_and_lose_no_report(postgresql_url):
    stores = [Store(postgresql_url), Store(postgresql_url)]

    def live(number):
        store, seed = stores[number % 2], number.to_bytes(32, "big")
        consent = Consent(f"consent-{number}", ("preference",), ("h",), "recommendation", NOW)
        store.add_consent(SignedRecord.make(consent, seed), NOW, bytes(32))
        report = PreferenceReport("2026-W01", "m", 2.0, dict.fromkeys(QUESTIONS, 1))
        store.add_preferences(report, f"{number:032x}", NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(live, range(40)))
    assert [known.position for known in stores[0].consents()] == list(range(40))
    assert {row[2:] for row in stores[1].preference_sums("2026-W01", "m")} == {(40, 40)}

    def whole(log):
        from optin.ledger.merkle import root

        return root(log, 17), root(log, 40), prove_consistency(log, 17, 40)

    first, second, proof = stores[1].read_log(whole)
    assert extends(17, first, 40, second, proof)
    for store in stores:
        store.close()
