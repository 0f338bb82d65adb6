"""Spreadsheets: read from any town, compared with the database, applied in one transaction, undone, sent out and back."""
