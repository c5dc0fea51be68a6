"""Content: campaign folders, articles, pictures, and the message each account says. Pure: reads files, stores nothing."""
