"""Ask HLR Lookup about a data frame column of telephone numbers."""
