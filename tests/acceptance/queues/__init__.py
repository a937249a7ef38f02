"""Acceptance of queues and trunks: agents, callers and carriers are real SIP clients, and the node is whole."""
