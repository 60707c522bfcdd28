"""What is said of a request whose keys are partly open."""
