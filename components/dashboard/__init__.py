"""A web page on which a ward manager reads who is where; it reads the store and the database, and writes neither."""
