"""Which edition of the reading of words this is; apart, since asking loads none of what reads."""

ANALYSIS_VERSION = "2"  # of `analysis` and `compounds`: changes with what they make of a word
TABLE_VERSION = "2"  # of the files that `wordforms` builds
DERIVATION_VERSION = "3"  # of weights, thresholds and columns: a change derives everything anew


def reading_version(vocabulary_checksum: str) -> str:
    """Return what changes with the code, the dictionary and the vocabulary."""
    return " ".join((DERIVATION_VERSION, ANALYSIS_VERSION, TABLE_VERSION, vocabulary_checksum))
