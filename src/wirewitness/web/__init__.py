"""Floor 6: the local page of `wirewitness serve`. It listens on 127.0.0.1 alone, behind a random token."""
