# What `policyhub.serving.connections` uses of waitress, which has no types of its own.
