"""What a user trains on: its checks, and where its rows lie."""
