"""What a version has to show before it is put in charge."""
