"""The phone side of optin. Sans-IO: time, network state, storage and randomness are handed in."""
