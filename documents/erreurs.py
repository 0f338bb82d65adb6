"""What can go wrong when a document is made; every message is a French sentence for the reader."""


class ErreurRendu(Exception):
    """The document could not be made. The message is in French and says what to do."""


class TexteTropLong(ErreurRendu, ValueError):
    """A cell holds more text than the format accepts; cutting it silently is not an option."""
