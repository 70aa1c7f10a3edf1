"""SQLAlchemy tables and the stores over them; rows never leave this package."""
