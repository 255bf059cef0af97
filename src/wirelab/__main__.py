"""``python -m wirelab`` is the command ``wirelab``."""

import sys

from wirelab.cli import main

sys.exit(main())
