# What `policyhub.serving` uses of gunicorn, which has no types of its own.
