"""What is asked: cases, requests and responses; data sets and where their rows come from."""
