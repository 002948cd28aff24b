"""Footnotes that say what in a table of scores may be compared with what."""

from collections.abc import Mapping, Sequence

from geovae import published
from geovae.rendering.scores import summarise


def table1_footnotes(entries: Sequence, settings: Mapping) -> tuple[str, ...]:
    """The footnotes of Table 1, from its entries (`table1.Entry`) and settings."""
    notes = [_bold_note(settings), _seeds_note(entries)]
    notes += [_backbone_note(entries, settings), _sizes_note(entries, settings)]
    notes += [_width_note(settings), _stand_in_note(settings)]
    notes.append(
        "Novelty: median pixel distance from a generated image to its nearest training image, over the same for real "
        "unseen images. Near 0: copies of training images; near 1: as new as real ones. FID rewards copies: read both."
    )
    return tuple(note for note in notes if note)


def _bold_note(settings: Mapping) -> str:
    text = "PRD is printed F8/F1⁄8, as in the paper. Bold: best of the paper's methods at the printed precision"
    if any(dataset in published.PAPER_DATASETS for dataset in settings["datasets"]):
        text += ", in the columns “paper” over all rows of the paper's table"
    if any(row["block"] != "paper" for row in settings["rows"]):
        text += "; controls and variants do not compete"
    return text + "."


def _seeds_note(entries: Sequence) -> str:
    counts = sorted({len(entry.records) for entry in entries if entry.records})
    if not counts:
        return ""
    if counts == [1]:
        return "One training a row: no standard deviation."
    text = " or ".join(str(count) for count in counts)
    return f"Mean ± standard deviation (ddof 1) over {text} trainings with different seeds."


def _backbone_note(entries: Sequence, settings: Mapping) -> str:
    if settings["backbone"] == "inception":
        return "FID and PRD on Inception features, as in the paper."
    shown = []
    for dataset in settings["datasets"]:
        records = [record for entry in entries if entry.dataset == dataset for record in entry.records]
        accuracy = summarise(records, "backbone_accuracy")
        if accuracy is not None:
            shown.append(f"{settings['datasets_info'][dataset]['title']} {100 * accuracy.mean:.1f} %")
    accuracies = f" (mean test accuracy: {', '.join(shown)})" if shown else ""
    return (
        f"FID and PRD on features of a classifier trained on the data set's own labels{accuracies}; the paper takes "
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
        f"Images a score, generated and {settings['split']} alike: {listed}. The paper takes 10,000; "
        "FID is biased upwards, the more the fewer there are."
    )


def _width_note(settings: Mapping) -> str:
    infos = [settings["datasets_info"][dataset] for dataset in settings["datasets"]]
    narrow = [f"{info['title']} × {info['width']:g}" for info in infos if info.get("width", 1.0) != 1.0]
    return f"Width of the nets against Table 4 of the paper: {', '.join(narrow)}." if narrow else ""


def _stand_in_note(settings: Mapping) -> str:
    names = [name for name in settings["datasets"] if name not in published.PAPER_DATASETS]
    if not names:
        return ""
    titles = ", ".join(settings["datasets_info"][name]["title"] for name in names)
    return f"{titles}: not in the paper's table, a stand-in for its data sets; no published number stands beside it."
