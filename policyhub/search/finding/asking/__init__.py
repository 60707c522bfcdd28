"""What a text asks for besides what it finds: to do something, a page, a risk, a list."""
