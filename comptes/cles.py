"""Keys shown in addresses: short, unguessable, so that nobody can count or enumerate what exists."""

import secrets

# Without 0/o, 1/l/i: a key can be read out on the telephone.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LONGUEUR = 10


def nouveau_jeton() -> str:
    """Return a new token of 43 characters, for a link that is sent to one person."""
    return secrets.token_urlsafe(32)


def nouvelle_cle() -> str:
    """Return a new key of ten characters (31^10 possibilities)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LONGUEUR))
