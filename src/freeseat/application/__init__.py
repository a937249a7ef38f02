"""The use cases: one function, one transaction, named by its verb. All edges call these and add no rules."""
