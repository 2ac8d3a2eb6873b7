"""The sites, each in the dialect of its software; every answer is a pure function."""
