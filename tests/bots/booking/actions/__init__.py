"""Custom actions of the booking bot: the booking sheet of the Larkspur Inn."""
