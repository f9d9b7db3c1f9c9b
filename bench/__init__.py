"""Measurements that print figures and ratios taken in one run: `make bench`. No test depends on a timing."""
