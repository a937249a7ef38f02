"""Real SIP clients and servers for tests: nothing in here stands in for a part of the product.

====================  ======================================================================================
``baresip.Baresip``   one baresip process: a desk phone with its own address, tone, recording and SIP trace
``raw.RawPhone``      SIP messages written by hand over UDP or TCP: retransmissions, stale nonces, INFO digits
``sipp.run``          sipp with a scenario of ``scenarios/``: many registrations or calls, bounded
``node.Node``         a whole Freeseat in a directory of its own, on free ports
``postgres.Postgres`` a throwaway PostgreSQL server
``proxy.Proxy``       a plain Kamailio registrar, only to prove the clients themselves
====================  ======================================================================================

All waiting is by ``waiting.until``: a condition is polled until a deadline, which then names what was awaited.
All addresses are in 127.0.0.0/8.
"""
