"""`python -m freeseat` is the command `freeseat`: how a supervisor starts its own processes."""

from freeseat.cli import main

if __name__ == "__main__":
    main()
