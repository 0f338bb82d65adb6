"""The outlines of territories: a file read, its features recognised, what is kept written. Nothing is guessed."""
