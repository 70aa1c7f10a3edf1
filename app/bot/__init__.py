"""A Rasa 3.x bot project on disk, read into one immutable Bot value."""
