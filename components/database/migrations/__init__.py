"""The versions of the tables: one file each in versions/, numbered in order; see docs/database.md."""
