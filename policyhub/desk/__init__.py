"""The desk: what curators have to look at, one finding after the other."""
