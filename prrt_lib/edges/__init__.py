"""Commands. May import anything; nothing imports them."""
