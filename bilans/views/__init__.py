"""Pages of the contract and year; each module holds the pages of one room as the user calls it."""
