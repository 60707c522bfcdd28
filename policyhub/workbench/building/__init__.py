"""A policy as a template: what is chosen of it as a document of one's own, proved to fit."""
