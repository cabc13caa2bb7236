"""Connect cloud storage to Encord: provision it, prove that it works, register what is in it."""

__version__ = "0.1.0"
