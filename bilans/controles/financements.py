"""FIN: money. Shares add to 100, totals are those of their rows, and gaps find their explanation (domaine.md §9)."""
