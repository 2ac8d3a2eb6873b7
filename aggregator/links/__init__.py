"""Which items belong together, and why. Pure."""
