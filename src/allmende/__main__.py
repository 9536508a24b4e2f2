"""`python -m allmende` is the command `allmende`."""

from allmende.cli import main

if __name__ == "__main__":
    main()
