"""What happened on a site, out of who was where: moves between zones, occupancy by the minute, heat, dwell times."""
