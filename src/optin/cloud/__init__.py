"""The cloud side of optin: one ASGI application over a store that is handed in."""
