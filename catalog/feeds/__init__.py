"""What machines read: feeds, calendars and exports of the catalogue."""
