"""Acceptance of "one office, one command": a whole running Freeseat, and real telephones that know nothing but SIP.

One file for each line of the issue. The numbers cited are those of the requirements (R2.7). Users are entered through
the same use cases as everything else; what a person does at a phone is done by a phone.
"""
