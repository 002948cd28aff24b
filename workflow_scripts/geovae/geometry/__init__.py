"""The Riemannian geometry of a VAE's latent space: metric, centroids, Hamiltonian sampler, curves."""
