"""The source list, the settings and the vocabulary: the only home of YAML."""
