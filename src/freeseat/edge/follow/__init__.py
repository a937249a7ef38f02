"""The companion on a PC: follows who is at its workplace, and runs commands (R6.5). It needs no settings of a node."""
