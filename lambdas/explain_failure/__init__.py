"""What happens after a run ended badly: its lease is freed, and one alert says why."""
