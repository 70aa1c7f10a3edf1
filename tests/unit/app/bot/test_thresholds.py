from pathlib import Path

import pytest

from app.bot.loader import load_bot
from app.bot.thresholds import thresholds_of
from nlu.calibration import Thresholds
from tests.fakes_bot import write_bot

CALIBRATED = Thresholds(0.55, 0.05, 3.0)
WITHOUT = "pipeline:\n- name: DIETClassifier\n"
SILENT = WITHOUT + "- name: FallbackClassifier\n"
STATED = SILENT + "  threshold: 0.7\n"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (WITHOUT, Thresholds()),
        (SILENT, Thresholds(0.3, 0.1)),
        (STATED, Thresholds(0.7, 0.1)),
        (STATED + "  ambiguity_threshold: 0.02\n", Thresholds(0.7, 0.02)),
        ("language: en\n", Thresholds(0.3, 0.1)),
        ("pipeline: null\n", Thresholds(0.3, 0.1)),
    ],
    ids=["no classifier", "its defaults", "threshold", "both", "no pipeline", "empty pipeline"],
)
def test_a_plain_folder_is_refused_what_rasa_refuses(
    tmp_path: Path, config: str, expected: Thresholds
) -> None:
    assert thresholds_of(load_bot(write_bot(tmp_path, config=config)), CALIBRATED) == expected


@pytest.mark.parametrize(
    ("config", "expected"), [(WITHOUT, CALIBRATED), (STATED, Thresholds(0.7, 0.05, 3.0))]
)
def test_a_bot_with_comfort_keeps_what_its_bundle_learnt(
    tmp_path: Path, config: str, expected: Thresholds
) -> None:
    bot = load_bot(write_bot(tmp_path, config=config, spandesk="name: Shop\n"))

    assert thresholds_of(bot, CALIBRATED) == expected
