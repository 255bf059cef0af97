"""`python -m wirewitness` is the command `wirewitness`."""

import sys

from wirewitness.cli import main

sys.exit(main())
