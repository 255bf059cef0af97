"""The running agent: asks what is due, sends it, and hands back the answers. The only loop with a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from optin.agent.agent import Agent
from optin.agent.line import AbortedError, Line, LineError
from optin.agent.upload import Upload
from optin.protocol.exchange import Response

_EXPECTED = (404, 409)
"""Answers to a question about a chunk that was cut, not to be told of."""
Conditions = Callable[[], Mapping[str, str]]
Measures = Callable[[datetime], Mapping[str, int] | None]


class Runner:
    """One agent on one line.

    ``conditions`` tells the state of the phone, ``measures`` the counts of the last seven days, if any.
    """

    def __init__(self, agent: Agent, line: Line, conditions: Conditions, measures: Measures) -> None:
        self.agent, self._line = agent, line
        self._conditions, self._measures = conditions, measures
        self.trouble = ""
        """Why the last turn stopped or was refused, in one sentence; empty when all went well."""

    def turn(self, *, at_once: bool = False) -> int:
        """Send all that is due now; how many were answered. Stops at the first that does not get through.

        ``at_once``: see :meth:`Agent.due`.
        """
        answered, now, self.trouble = 0, _now(), ""
        for upload in self.agent.due(now, self._conditions(), self._measures(now), at_once=at_once):
            try:
                response = self._send(upload)
            except AbortedError:
                self.agent.failed(upload, _now())
                self.agent.backup.retry()
                break
            except LineError as error:
                self.trouble = str(error)
                self.agent.failed(upload, _now())
                break
            if not response.accepted and response.status not in _EXPECTED:
                self.trouble = f"the cloud refused: {response.detail}"
            self.agent.answered(upload, response, _now())
            answered += 1
        if not self.trouble and self.agent.gate.is_before_consent(now):
            self.trouble = "this phone's clock is before the moment at which you agreed; set it right"
        return answered

    def _send(self, upload: Upload) -> Response:
        return self._line.send(
            upload.request, lambda: self.agent.gate.holds(upload, _now(), self._conditions())
        )

    def settle(self, rounds: int = 1000) -> int:
        """Turns until nothing is due, by the owner's act; how many requests were answered."""
        total, trouble, quiet = 0, "", False
        for _ in range(rounds):
            answered = self.turn(at_once=True)
            total += answered
            trouble = self.trouble or trouble
            # A turn that sends nothing may find an object whole at the cloud and queue the manifest.
            if not answered and (quiet or self.trouble):
                break
            quiet = not answered
        self.trouble = trouble
        return total

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def run(
        self,
        stopped: Callable[[], bool],
        tell: Callable[[str], object] = lambda _: None,
        pause_s: float = 1.0,
    ) -> None:
        """Turn after turn, until ``stopped`` says so. Each new trouble is told once."""
        told = ""
        while not stopped():
            answered = self.turn()
            if self.trouble not in ("", told):
                tell(self.trouble)
            told = self.trouble if self.trouble or answered else told
            if not answered:
                time.sleep(pause_s)
        self.close()


def _now() -> datetime:
    return datetime.now(UTC)
