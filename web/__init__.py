"""The web application: a thin skin over what the store reads."""
