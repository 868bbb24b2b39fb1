"""The statistics of blind comparison: typed functions that know no project, no file and no window."""
