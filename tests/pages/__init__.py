"""The pages in a real browser.

A package, so that the browser ends with the last of these tests: while it runs, no coroutine can
be run in the same thread.
"""
