"""`python -m ganzoo`, for launchers that start modules."""

from ganzoo.cli import main

if __name__ == "__main__":
    main()
