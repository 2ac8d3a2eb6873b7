"""HTTP: the only home of httpx."""
