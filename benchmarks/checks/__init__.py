"""How long a check of many integrations takes beside a check of one, when every cloud is far away."""
