"""`python -m buildkite_rest`: the same as the command `buildkite-rest`."""

import sys

from ._cli.main import main

if __name__ == "__main__":
    sys.exit(main())
