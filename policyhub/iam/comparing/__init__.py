"""What one policy allows that another does not, with a proof."""
