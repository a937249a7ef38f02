"""Voice: SIP user agent, RTP, prompts, and the runner of the menus in `freeseat.domain.menus` (design decision 6)."""
