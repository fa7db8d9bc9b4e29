"""`phistar replicate`: printed numbers beside computed ones."""
