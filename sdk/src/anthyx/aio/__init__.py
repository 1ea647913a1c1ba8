"""The asyncio twins of the client and its resources: `from anthyx import AsyncAnthyx`.

Most of them are written by a program from the modules of the same name one level up.
"""
