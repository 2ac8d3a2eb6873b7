"""German text: words, stems, compounds, sentences, references. Pure."""
