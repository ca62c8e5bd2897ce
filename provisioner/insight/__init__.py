"""Questions about time and people, asked of facts and designs: what drifted, what would have been. No vendor words."""
