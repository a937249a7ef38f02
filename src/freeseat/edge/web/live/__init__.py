"""What keeps open pages up to date: fragments, the hub that renders each once, the streams (R10.1)."""
