"""How fast the request path is, beside its peers in one interleaved run: `nox -s bench`."""
