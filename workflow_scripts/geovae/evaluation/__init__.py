"""How generated images are judged: features, Fréchet distance, PRD, novelty, and the record that holds them."""
