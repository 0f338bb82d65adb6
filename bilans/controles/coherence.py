"""COH: one thing has one name and one value, from one document to the next (domaine.md §9)."""
