"""Pure statistics: frames in, result rows out. Knows nothing of PRRT."""
