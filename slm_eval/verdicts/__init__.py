"""What the scores decide: intervals, gates, early stopping, the acceptance policy. Numbers only."""
