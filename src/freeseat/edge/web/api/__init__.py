"""The REST API (R10.1): one small file a resource, all over the same use cases as portal and command line."""
