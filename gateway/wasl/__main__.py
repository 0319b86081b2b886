"""`python -m wasl` is the command `wasl`."""

from wasl.cli import main

main()
