"""Measures Freeseat beside plain Kamailio and holds the figures against the budgets."""
