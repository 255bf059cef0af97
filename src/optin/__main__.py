"""``python -m optin``."""

from __future__ import annotations

from optin.cli import main

raise SystemExit(main())
