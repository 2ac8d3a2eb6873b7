"""Bytes to entries: one file for each source kind."""
