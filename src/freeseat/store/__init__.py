"""The database: state and its events in one commit, on SQLite or PostgreSQL."""
