"""Footnotes that say what in a table of scores may be compared with what.

An entry is anything with a `dataset` and the score `records` behind a cell or a row.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from reproduction import published
from reproduction.scores.score_table import summarise


def table1_footnotes(entries: Sequence, settings: Mapping) -> tuple[str, ...]:
    """The footnotes of Table 1, from its entries (`table1.Entry`) and settings."""
    notes = [_bold_note(settings), *score_footnotes(entries, settings, "FID and PRD", published.PAPER_DATASETS)]
    notes.append(
        "Novelty: median pixel distance from a generated image to its nearest training image, over the same for real "
        "unseen images. Near 0: copies of training images; near 1: as new as real ones. FID rewards copies: read both."
    )
    return tuple(note for note in notes if note)


def score_footnotes(
    entries: Sequence,
    settings: Mapping,
    scores: str,
    paper_datasets: Collection[str],
    full_width: str = "Table 4 of the paper",
) -> tuple[str, ...]:
    """On seeds, features, numbers of images, width and stand-in data sets: what every table of scores must say.

    Args:
        entries: the entries that are shown.
        settings: of the table: `datasets`, `datasets_info` (title and width of each), `backbone` and `split`.
        scores: what the scores are called, such as "FID".
        paper_datasets: the data sets of the paper's table.
        full_width: what nets of width 1 are.
    """
    notes = [_seeds_note(entries), _backbone_note(entries, settings, scores), _sizes_note(entries, settings)]
    infos = [settings["datasets_info"][dataset] for dataset in settings["datasets"]]
    notes += [width_note(infos, full_width), *_unpublished_notes(settings, paper_datasets)]
    return tuple(note for note in notes if note)


def _bold_note(settings: Mapping) -> str:
    text = "PRD is printed F8/F1⁄8, as in the paper. Bold: best of the paper's methods at the printed precision"
    if any(dataset in published.PAPER_DATASETS for dataset in settings["datasets"]):
        text += ", in the columns “paper” over all rows of the paper's table"
    blocks = {row["block"] for row in settings["rows"]}
    if blocks - {"paper"}:
        others = "controls, variants and baselines" if "baselines" in blocks else "controls and variants"
        text += f"; {others} do not compete"
    return text + "."


def _seeds_note(entries: Sequence) -> str:
    counts = sorted({len(entry.records) for entry in entries if entry.records})
    if not counts:
        return ""
    if counts == [1]:
        return "One training per row: no standard deviation."
    text = " or ".join(str(count) for count in counts)
    return f"Mean ± standard deviation (ddof 1) over {text} trainings with different seeds."


def _backbone_note(entries: Sequence, settings: Mapping, scores: str) -> str:
    if settings["backbone"] == "inception":
        return f"{scores} on Inception features, as in the paper."
    if settings["backbone"] == "efficientnet":
        return (
            f"{scores} on features of EfficientNet-Lite0, trained on ImageNet; the paper takes Inception. No value is "
            "comparable with the paper's, nor with one on other features."
        )
    if settings["backbone"] != "classifier":
        return f"{scores} on features of the backbone {settings['backbone']}; the paper takes Inception."
    shown = []
    for dataset in settings["datasets"]:
        records = [record for entry in entries if entry.dataset == dataset for record in entry.records]
        accuracy = summarise(records, "backbone_accuracy")
        if accuracy is not None:
            shown.append(f"{settings['datasets_info'][dataset]['title']} {100 * accuracy.mean:.1f} %")
    accuracies = f" (mean test accuracy: {', '.join(shown)})" if shown else ""
    return (
        f"{scores} on features of a classifier trained on the data set's own labels{accuracies}; the paper takes "
        "Inception. Only the order within a column means anything: no value is comparable with the paper's, nor "
        "between data sets."
    )


def _sizes_note(entries: Sequence, settings: Mapping) -> str:
    shown = []
    for dataset in settings["datasets"]:
        sizes = sorted({record["n"] for entry in entries if entry.dataset == dataset for record in entry.records})
        if sizes:
            text = " or ".join(f"{size:,}" for size in sizes)
            shown.append((settings["datasets_info"][dataset]["title"], text))
    if not shown or all(text == "10,000" for _, text in shown):
        return ""
    listed = ", ".join(f"{title} {text}" for title, text in shown)
    return (
        f"Images per score, generated and {settings['split']} alike: {listed}. The paper takes 10,000; "
        "FID is biased upwards, the more the fewer there are."
    )


def width_note(infos: Sequence[Mapping], full_width: str) -> str:
    """The width of the nets where it is not 1, against `full_width`, what nets of width 1 are."""
    narrow = [f"{info['title']} × {info['width']:g}" for info in infos if info.get("width", 1.0) != 1.0]
    return f"Width of the nets against {full_width}: {', '.join(narrow)}." if narrow else ""


def _unpublished_notes(settings: Mapping, paper_datasets: Collection[str]) -> Iterator[str]:
    infos = [settings["datasets_info"][name] for name in settings["datasets"] if name not in paper_datasets]
    for taken, words in (
        (False, "not in the paper's table, a stand-in for its data sets; no published number stands beside it."),
        (True, "images taken from the paper's data set, in another split; no published number stands beside it."),
    ):
        titles = [info["title"] for info in infos if ("part_of" in info) == taken]
        if titles:
            yield f"{', '.join(titles)}: {words}"
