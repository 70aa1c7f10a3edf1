"""Every data set by name: how it is read, which configuration trains it, what is reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.nlu import figures
from benchmarks.nlu.data import BenchmarkData, Draw
from benchmarks.nlu.figures import Figure
from benchmarks.nlu.readers import bitext, conll2003, intents, joint_slots, multidogo, nlupp, restaurants8k

CONFIGS = Path(__file__).parents[2] / "configs" / "benchmarks"
ALL = "all"


class UnknownSetError(Exception):
    """A name that no data set and no family has."""


@dataclass(frozen=True, slots=True)
class BenchmarkSet:
    """One row group of the table; sets of one `family` share a configuration file.

    `is_ablation`: runs only when it is named, not with all. `num_seeds`: one where a training takes longer
    than a quarter of an hour.
    """

    name: str
    family: str
    read: Callable[[Path, Draw], BenchmarkData]
    figures: tuple[Figure, ...]
    is_ablation: bool = False
    num_seeds: int = 3

    @property
    def main_config_path(self) -> Path:
        """Give the configuration that names the set's method."""
        return CONFIGS / f"{self.family}.toml"

    def config_path(self, method: str) -> Path:
        """Find the configuration: ``<family>.<method>.toml`` if there is one, else ``<family>.toml``."""
        own = CONFIGS / f"{self.family}.{method}.toml"
        return own if own.is_file() else self.main_config_path


def _single(name: str, read: Callable[[Path, Draw], BenchmarkData], rows: tuple[Figure, ...]) -> BenchmarkSet:
    return BenchmarkSet(name, name, read, rows)


SETS = (
    _single("banking77", intents.read_banking77, figures.BANKING77),
    _single("banking77-10shot", intents.read_banking77_10shot, figures.BANKING77_10SHOT),
    _single(
        "banking77-10shot-unlabelled",
        partial(intents.read_banking77_10shot, shows_rest=True),
        figures.BANKING77_UNLABELLED,
    ),
    _single("clinc150", intents.read_clinc150, figures.CLINC150),
    _single("clinc150-10shot", intents.read_clinc150_10shot, figures.CLINC150_10SHOT),
    _single(
        "clinc150-10shot-unlabelled",
        partial(intents.read_clinc150_10shot, shows_rest=True),
        figures.CLINC150_UNLABELLED,
    ),
    _single("hint3-curekart", intents.read_curekart, figures.CUREKART),
    _single("snips", joint_slots.read_snips, figures.SNIPS),
    _single("atis", joint_slots.read_atis, figures.ATIS),
    _single("atis-roles", joint_slots.read_atis_roles, figures.ATIS_ROLES),
    BenchmarkSet(
        "atis-roles-plain",
        "atis-roles-plain",
        joint_slots.read_atis_roles,
        figures.ATIS_ROLES,
        is_ablation=True,
    ),
    BenchmarkSet("conll2003", "conll2003", conll2003.read_conll2003, figures.CONLL2003, num_seeds=1),
    BenchmarkSet(
        "conll2003-sentences",
        "conll2003",
        conll2003.read_conll2003_sentences,
        figures.CONLL2003,
        is_ablation=True,
    ),
    _single("restaurants8k", restaurants8k.read_restaurants8k, figures.RESTAURANTS8K),
    *(
        BenchmarkSet(f"nlupp-{domain}", "nlupp", partial(nlupp.read_nlupp, domain=domain), figures.NLUPP)
        for domain in ("banking", "hotels")
    ),
    *(
        BenchmarkSet(
            f"multidogo-{domain}",
            "multidogo",
            partial(multidogo.read_multidogo, domain=domain),
            figures.MULTIDOGO,
        )
        for domain in multidogo.DOMAINS
    ),
    _single("bitext", bitext.read_bitext, figures.BITEXT),
)


def select_sets(names: Sequence[str]) -> tuple[BenchmarkSet, ...]:
    """Find sets by name, by family, or all of them; in the order of the table, each once.

    Raises:
        UnknownSetError: nothing has one of the names.
    """
    known = {one.name for one in SETS} | {one.family for one in SETS} | {ALL}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownSetError(f"got the data set '{unknown[0]}', expected some of {', '.join(sorted(known))}")
    exact = {one.name for one in SETS} & set(names)
    return tuple(
        one
        for one in SETS
        if one.name in exact
        or (ALL in names and not one.is_ablation)
        or (one.family in names and one.family not in exact)
    )
