"""Throwaway services and fixtures: a real Redis, a real PostgreSQL, and nothing left behind."""
