"""What a dishonest phone does. It lives here and nowhere else: optin holds none of it."""
