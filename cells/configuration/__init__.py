"""What a user may write: the schema, choices, resolvers and checks of the configuration."""
