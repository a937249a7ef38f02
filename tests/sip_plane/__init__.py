"""The SIP plane alone: a real Kamailio with Freeseat's routes, fed by hand through the control plane's own channel."""
