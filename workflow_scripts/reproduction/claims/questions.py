"""The questions that the paper does not ask, and the claims of the paper that no score tests."""

from geovae.geometry.diagnostics import ACTIVE_WEIGHT, LONG_FACTOR_WORDS
from reproduction.claims.statements import ACTIVE_SHARE, COMPETITIVE, FEWEST, HARDLY, Claim

_AT_EQUAL = (
    "Gaussian noise of several sizes on training means gives a curve of FID over novelty. At the novelty of VAE - "
    "Ours, its FID lies below that curve. The curve is straight between its points and is not extended beyond them."
)
_GEOMETRIES = (
    "Kernels shaped by the posteriors, the paper's chains, the distribution that they aim at drawn exactly, Parzen "
    "windows shaped by the nearest means, and mixtures of these, each with its usual options. One must be better after "
    f"Holm's correction; no verdict from fewer than {FEWEST} trainings."
)
QUESTIONS = (
    Claim(
        "centroids",
        "Choice of centroids hardly matters",
        "With 1,000 centroids, which ones are chosen makes little difference.",
        "",
        f"Largest FID minus smallest over the choices of Figure 12 (right): at most {100 * HARDLY:.0f} % of their "
        "mean, beyond the spread over trainings. With the chains started at random training means and, apart, at "
        "random centroids.",
        "The paper shows this variation and draws no conclusion. The range of more choices is larger.",
    ),
    Claim(
        "jitter",
        "Better than noise of its own size",
        "The proposed sampler beats Gaussian noise on training means that goes equally far.",
        "",
        "FID of VAE - Ours below that of training means plus noise of the root mean square move of its chains.",
    ),
    Claim(
        "kde",
        "Better than a kernel density",
        "It beats a Gaussian kernel density on training means, bandwidth by held-out likelihood.",
        "",
        "FID of VAE - Ours below that of the kernel density.",
    ),
    *(
        Claim(
            f"equal_{column}",
            f"Better at equal novelty, in {unit}",
            f"At equal novelty in {unit}, it beats Gaussian noise on training means.",
            "",
            _AT_EQUAL,
            "The plain comparison is that with noise of its own size, above.",
        )
        for column, unit in (
            ("novelty", "pixels"),
            ("novelty_latent", "latent space"),
            ("novelty_features", "features"),
        )
    ),
    Claim(
        "geometry_fid",
        "Some geometry beats isotropic noise",
        "At equal novelty in pixels, some sampler that knows shapes or neighbourhoods beats isotropic noise on "
        "training means in FID.",
        "",
        f"FID below the curve of isotropic noise over novelty. {_GEOMETRIES}",
        "The curve is straight between its points and is not extended beyond them.",
        some=True,
    ),
    Claim(
        "geometry_precision",
        "Some geometry beats isotropic noise in precision",
        "At equal recall, some sampler that knows shapes or neighbourhoods beats isotropic noise on training means in "
        "precision.",
        "",
        f"Precision above the curve of isotropic noise over recall. {_GEOMETRIES}",
        "Improved precision and recall. Where the curve passes a recall several times its highest precision counts.",
        some=True,
        measure="precision",
    ),
    Claim(
        "active",
        "The metric is active",
        "The metric is active where the chains are.",
        "",
        f"Share of chains near a centroid (its weight at least {ACTIVE_WEIGHT:g}) at least {ACTIVE_SHARE:g}, at their "
        "starts and ends.",
        "Elsewhere the metric is λI and the target is flat: what the chain adds is then Gaussian noise.",
        measure="share",
    ),
    Claim(
        "stays",
        f"{LONG_FACTOR_WORDS.capitalize()} longer, still on the data",
        f"A chain {LONG_FACTOR_WORDS} as long stays on the data, as one that samples a distribution on the data would.",
        "",
        f"FID of chains {LONG_FACTOR_WORDS} as long as usual at most {COMPETITIVE:g} times that of the usual ones.",
    ),
    Claim(
        "released",
        "The released chain differs",
        "The chain of the released code gives other images than Algorithm 2 as printed.",
        "",
        "FIDs of the two differ beyond uncertainty; it does not hold if the interval of their difference lies within "
        f"{100 * (COMPETITIVE - 1):.0f} % of Algorithm 2's FID.",
        "The margin is positive where the released chain is better.",
    ),
)

UNTESTED = (
    (
        "Section 5.1, Figure 3 (right)",
        "FID between samples and reconstructions. Figure 3 prints it; the paper draws no line that it should cross.",
    ),
    (
        "Appendix F.3",
        "Smaller values of ρ only resample centroids, larger ones bias G. The figure of ρ shows which centroids are "
        "connected and how far G is from Σ⁻¹ at them; the paper draws no line.",
    ),
    ("Section 5.1, Figure 13", "Samples have attributes, such as glasses, that no centroid has. A matter of looking."),
)
