"""From raw footage to labelled pictures under a digest, and back to any one of them."""
