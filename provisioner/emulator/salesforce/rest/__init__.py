"""The data side of the vendor's HTTP surface."""
