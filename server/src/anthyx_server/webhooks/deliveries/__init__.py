"""Deliveries and their attempts, as the API shows them and sends them again."""
