"""How fast the command answers, beside what people already call."""
