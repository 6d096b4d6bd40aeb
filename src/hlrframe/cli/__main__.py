"""Lets ``python -m hlrframe.cli`` be the command."""

import sys

from hlrframe.cli import main

sys.exit(main())
