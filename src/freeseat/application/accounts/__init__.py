"""Signing in and rights (R10.1): accounts, invitations, sign-ins, tokens of programs, and who is asking."""
