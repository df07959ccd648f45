"""Whether a server answers: `python docker/healthy.py http://127.0.0.1:4200/api/health`; the health checks of compose.yaml."""

from __future__ import annotations

import sys
import urllib.request


def main() -> None:
    """Exit code 0 where the address answers with 200."""
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
            sys.exit(answer.status != 200)
    except OSError as error:
        sys.exit(f"{sys.argv[1]}: {error}")


if __name__ == "__main__":
    main()
