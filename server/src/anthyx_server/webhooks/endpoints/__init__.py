"""The settings of endpoints, as the API shows and changes them."""
