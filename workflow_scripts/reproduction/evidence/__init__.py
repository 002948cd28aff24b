"""What finished builds on real images say: their committed records, and the pages that are rendered from them alone."""
