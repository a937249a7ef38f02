"""Freeseat: hot desking for SIP telephony."""
