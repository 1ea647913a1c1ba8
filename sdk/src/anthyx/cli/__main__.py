"""`python -m anthyx.cli`."""

from anthyx.cli import main

main()
