"""The pages and the REST API: portal, agent client, wallboards, live streams (R6, R10)."""
