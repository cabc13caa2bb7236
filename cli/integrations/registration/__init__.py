"""The registration file, in which a team names every object that Encord shall register.

Understood here without any cloud, any Encord SDK and any terminal: its model, its
findings to the character, its repair, conversion, splitting and building.
"""
