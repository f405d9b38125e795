"""Run notebooks, and keep the ledger of claims that they check."""
