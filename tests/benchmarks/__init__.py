"""What the app costs, beside what it could cost at best: `python3 packaging/dev.py bench`."""
