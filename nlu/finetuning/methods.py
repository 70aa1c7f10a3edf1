"""Which fine-tuning method a run uses: its settings, and the method that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from nlu.checkpoint import CheckpointError
from nlu.finetuning.adapter import AdapterSettings, BottleneckAdapter
from nlu.finetuning.bitfit import Bitfit, BitfitSettings
from nlu.finetuning.features import WithFeature
from nlu.finetuning.frozen import Frozen
from nlu.finetuning.full import Full, FullSettings
from nlu.finetuning.lora import Lora, LoraSettings
from nlu.finetuning.method import FinetuningError, FinetuningMethod
from nlu.finetuning.prompt import PromptSettings, SoftPrompt

MethodName = Literal["lora", "full", "bitfit", "adapter", "prompt", "frozen"]


@dataclass(frozen=True, slots=True)
class FinetuningSettings:
    """The method and the settings of each; only those of the chosen one count."""

    method: MethodName = "lora"
    casing: bool = True  # train vectors that show the attention how words are written; never with frozen
    spelling: bool = False  # train a convolution over the letters of words likewise; for names and codes
    lora: LoraSettings = LoraSettings()
    full: FullSettings = FullSettings()
    bitfit: BitfitSettings = BitfitSettings()
    adapter: AdapterSettings = AdapterSettings()
    prompt: PromptSettings = PromptSettings()

    def to_json(self) -> dict[str, object]:
        """Give the settings as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FinetuningSettings:
        """Read what `to_json` gave.

        Raises:
            CheckpointError: the document has another form.
        """
        try:
            return cls(
                method=_known(document["method"]),
                casing=bool(document["casing"]),
                spelling=bool(document["spelling"]),
                lora=LoraSettings(**document["lora"]),
                full=FullSettings(**document["full"]),
                bitfit=BitfitSettings(**document["bitfit"]),
                adapter=AdapterSettings(**document["adapter"]),
                prompt=PromptSettings(**document["prompt"]),
            )
        except (KeyError, TypeError, FinetuningError) as error:
            raise CheckpointError(
                f"got settings of fine-tuning that cannot be read ({error}); train the bundle again"
            ) from error


def make_method(settings: FinetuningSettings) -> FinetuningMethod:
    """Make the chosen method, with the features that are wanted.

    Raises:
        FinetuningError: there is no such method.
    """
    if _known(settings.method) == "frozen":
        return Frozen()
    method = _make_adapting(settings)
    if settings.casing:
        method = WithFeature(method, "casing")
    return WithFeature(method, "spelling") if settings.spelling else method


def _make_adapting(settings: FinetuningSettings) -> FinetuningMethod:
    methods: dict[str, FinetuningMethod] = {
        "lora": Lora(settings.lora),
        "full": Full(settings.full),
        "bitfit": Bitfit(settings.bitfit),
        "adapter": BottleneckAdapter(settings.adapter),
        "prompt": SoftPrompt(settings.prompt),
    }
    return methods[settings.method]


def _known(name: MethodName) -> MethodName:
    if name not in get_args(MethodName):
        raise FinetuningError(
            f"got the fine-tuning method '{name}', expected one of {', '.join(get_args(MethodName))}"
        )
    return name
