"""The engine of Querverweis: crawls public platforms into one cross-linked index.

It knows nothing of Flask: everything here runs from a shell, from cron or from the
scheduler. Read `model.py` (the values), then `pipeline.py` (the path of the data).
"""

__version__ = "0.1.0"
