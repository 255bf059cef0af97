"""The vendor's side of a world: its hosts, optin's agent on the phone, and the control day of every case."""
