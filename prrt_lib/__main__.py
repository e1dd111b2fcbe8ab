"""``python -m prrt_lib``: the commands."""

import sys

from prrt_lib.cli import main

if __name__ == "__main__":
    sys.exit(main())
