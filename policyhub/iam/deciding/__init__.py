"""A request and the policies that apply in, a decision out."""
