"""Questions about an integration, each with a stable id, and answers that claim no more than they know."""
