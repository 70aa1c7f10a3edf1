"""Who is connected, and how saved events reach them."""
