"""`python -m cnnspec` is `cnnspec`."""

from cnnspec.cli.app import main

if __name__ == "__main__":
    main()
