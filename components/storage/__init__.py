"""Where bytes live: footage, datasets, sightings, in a folder or an object store."""
