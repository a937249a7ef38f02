"""Putting the parts together: the only place besides the command line that knows settings and all layers."""
