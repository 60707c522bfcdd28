"""Every known path to more power or to data, and which policies have it."""
