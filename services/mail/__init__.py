"""Mail that comes in: replies become posts of the forum, and bounces end mail to addresses that take none."""
