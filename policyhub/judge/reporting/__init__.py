"""What commands judge and how they tell it: sources in, text, JSON, SARIF, JUnit, Markdown out."""
