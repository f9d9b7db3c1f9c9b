"""events: the calendar, the map, attendance."""
