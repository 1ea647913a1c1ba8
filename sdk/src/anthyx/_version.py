"""The version, in one place for the wheel, the User-Agent and `anthyx.__version__`."""

__version__ = "0.1.0"
