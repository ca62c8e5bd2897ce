"""Filter trees: what they may say, who meets them, and the lists made of them."""
