"""What imaging showed after PRRT, and how responders fare."""
