"""How a document leads to more power, drawn as a graph."""
