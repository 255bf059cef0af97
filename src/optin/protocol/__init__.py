"""The messages that agent and cloud share. Pure values: bytes in, bytes out, no I/O."""
