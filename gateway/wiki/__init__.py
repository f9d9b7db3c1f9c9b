"""What wikis and machines read: feeds, the MediaWiki-shaped API, event streams, and targets of interwiki links."""
