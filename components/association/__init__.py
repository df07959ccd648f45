"""One person across cameras: tracks of all cameras of a site become site-wide identities."""
