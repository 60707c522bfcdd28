"""What curators edited, and how it is put back."""
