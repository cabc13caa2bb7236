"""A narrow door to Encord's own SDK: everything the product asks of Encord goes through here."""
