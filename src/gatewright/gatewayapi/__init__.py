"""The domain, pure: the catalogue of bundles and controllers, ownership, what is compatible with what."""
