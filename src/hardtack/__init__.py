"""Hardtack: Cognito sessions for the web that can't get stuck."""
