"""Everything Qt, and nothing else in the project is Qt."""
