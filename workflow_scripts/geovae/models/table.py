"""The models by name. To add one, write a subclass of `geovae.models.base.Autoencoder` and name its place here."""

MODELS: dict[str, str | type] = {
    "ae": "geovae.models.ae:AE",
    "vae": "geovae.models.vae:VAE",
    "wae": "geovae.models.wae:WAE",
    "vamp": "geovae.models.vamp:VAMP",
    "hvae": "geovae.models.hvae:HVAE",
    "rhvae": "geovae.models.rhvae:RHVAE",
    "rae": "geovae.models.rae:RAE",
    "rae_gp": "geovae.models.rae_gp:RAEGP",
    "rae_l2": "geovae.models.rae_l2:RAEL2",
    "rae_sn": "geovae.models.rae_sn:RAESN",
    "iwae": "geovae.models.iwae:IWAE",
    "aae": "geovae.models.aae:AAE",
    "vaegan": "geovae.models.vaegan:VAEGAN",
    "vae_iaf": "geovae.models.vae_iaf:VAEIAF",
    "vae_nf": "geovae.models.vae_nf:VAENF",
    "two_stage": "geovae.models.two_stage:TwoStageVAE",
}
"""Name → place of the class, "module:class", or the class itself."""
