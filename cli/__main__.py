"""``python -m cli`` is ``radvigil``."""

from cli.app import main

main()
