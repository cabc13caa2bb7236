"""The local clouds: emulators that refuse what the real clouds refuse, behind the real host names."""
