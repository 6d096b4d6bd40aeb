"""Lets ``python -m hlrframe`` be the command."""

import sys

from hlrframe.cli import main

if __name__ == "__main__":
    sys.exit(main())
