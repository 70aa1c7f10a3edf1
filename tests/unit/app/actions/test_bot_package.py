import sys
from pathlib import Path

import pytest

from app.actions.bot_package import find_actions, import_actions, modules_beside
from app.dialogue.errors import ActionFailedError


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(path: Path) -> list[str]:
    return [module.__name__.rpartition("spandesk_actions_")[2][16:] for module in import_actions(path)]


@pytest.mark.parametrize("name", ["actions/__init__.py", "actions.py"])
def test_actions_are_found_in_the_bot_folder_or_given(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: ""})
    expected = tmp_path / Path(name).parts[0]

    assert find_actions(tmp_path) == expected
    assert find_actions(expected) == expected


def test_a_bot_may_have_no_actions(tmp_path: Path) -> None:
    assert find_actions(tmp_path) is None
    assert find_actions(tmp_path / "actions") is None


@pytest.mark.parametrize("has_init", [True, False])
def test_all_modules_of_the_package_are_imported(tmp_path: Path, has_init: bool) -> None:
    write(tmp_path, {"actions/orders.py": "", "actions/deep/__init__.py": "", "actions/deep/shop.py": ""})
    if has_init:
        write(tmp_path, {"actions/__init__.py": ""})

    assert names(tmp_path / "actions") == ["", ".deep", ".deep.shop", ".orders"]


@pytest.mark.parametrize(
    "line",
    ["from actions.shop import NAME", "from .shop import NAME", "from actions import shop; NAME = shop.NAME"],
)
def test_the_package_may_import_itself_as_in_rasa(tmp_path: Path, line: str) -> None:
    write(
        tmp_path, {"actions/__init__.py": "", "actions/orders.py": line, "actions/shop.py": "NAME = object()"}
    )

    modules = {module.__name__.rpartition(".")[2]: module for module in import_actions(tmp_path / "actions")}

    assert modules["orders"].NAME is modules["shop"].NAME
    assert modules["shop"].__spec__ is not None
    assert modules["shop"].__spec__.name == modules["shop"].__name__


def test_a_module_beside_the_package_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, {"actions.py": "import shop_of_this_test", "shop_of_this_test.py": ""})

    assert names(tmp_path / "actions.py") == [""]
    assert [module.__name__ for module in modules_beside(tmp_path / "actions.py")][-1] == "shop_of_this_test"


def test_two_bots_do_not_clash(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one",
        {"actions/__init__.py": "from actions.shop import NAME", "actions/shop.py": "NAME = 1"},
    )
    two = write(
        tmp_path / "two",
        {"actions/__init__.py": "from actions.shop import NAME", "actions/shop.py": "NAME = 2"},
    )

    assert [import_actions(bot / "actions")[0].NAME for bot in (one, two)] == [1, 2]


def test_a_bot_may_import_its_modules_later_too(tmp_path: Path) -> None:
    text = (
        "def late():\n    from actions.shop import NAME\n    import late_shop_of_this_test\n    return NAME"
    )
    write(
        tmp_path,
        {"actions/__init__.py": text, "actions/shop.py": "NAME = object()", "late_shop_of_this_test.py": ""},
    )

    package, shop = import_actions(tmp_path / "actions")

    assert package.late() is shop.NAME


def test_the_bot_that_was_imported_last_has_the_public_name_alone(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {"actions/__init__.py": "import actions.shop", "actions/shop.py": ""})
        modules = import_actions(tmp_path / name / "actions")

    assert sys.modules["actions"] is modules[0]
    assert sys.modules["actions.shop"] is modules[1]
    assert sum(type(finder).__name__ == "_AliasFinder" for finder in sys.meta_path) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import no_such_module_anywhere", "no_such_module_anywhere"),
        ("1 / 0", "ZeroDivisionError"),
        ("(", "SyntaxError"),
        ("open('prices.csv')", "relative paths start where the server was started"),
    ],
)
def test_actions_that_cannot_be_imported_are_an_error_that_says_why(
    tmp_path: Path, text: str, problem: str
) -> None:
    write(tmp_path, {"actions.py": text})

    with pytest.raises(ActionFailedError, match=problem):
        import_actions(tmp_path / "actions.py")
