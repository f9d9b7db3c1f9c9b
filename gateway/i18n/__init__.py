"""Interface texts: translatewiki.net's message files, the engine that reads them, and formats by language."""
