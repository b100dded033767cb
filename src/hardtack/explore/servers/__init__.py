"""What answers the explored browser: Hardtack's own code, or the model of the stock adapter, as resumable flows."""
