"""Operating points: how sure an answer has to be, declared by a tenant."""
