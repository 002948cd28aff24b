"""The paper's claims, and what the scores of a build say about each. Rendered by `reproduction.rendering.claims`."""
