"""The register level: vectors, tiles of a product, and where they lie in memory. It knows nothing of networks."""
