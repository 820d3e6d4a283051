"""`python -m matchd`, the same as the command `matchd`."""

import sys

from matchd.cli import main

if __name__ == "__main__":
    sys.exit(main())
