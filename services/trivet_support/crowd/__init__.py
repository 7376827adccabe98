"""Many tenants in one process: made, asked and weighed."""
