"""`python -m negotiate_rt` is `negotiate-rt`."""

from negotiate_rt.cli import main

if __name__ == "__main__":
    main()
