"""Pages opened in Chromium, with the network off."""
