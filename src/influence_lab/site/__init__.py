"""Turn executed notebooks into a website."""
