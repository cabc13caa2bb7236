"""Registrations sent to Encord so that nothing is lost and nothing is there twice."""
