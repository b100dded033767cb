"""The demo: an embedded user pool, a site that Hardtack keeps healthy, and a stock one beside it that is not."""
