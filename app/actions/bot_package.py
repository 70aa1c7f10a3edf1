"""Imports a bot's ``actions`` under a private name, so that two bots in one process do not clash.

Inside, the bot's own ``import actions.orders`` and ``from actions import orders`` work as in Rasa, and so do
other modules that lie in the bot's folder; for imports that come later, while an action runs, ``actions`` is
the bot that was imported last.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pkgutil
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from app.dialogue.errors import ActionFailedError

PUBLIC_NAME = "actions"

_import_guard = threading.Lock()


def find_actions(path: Path) -> Path | None:
    """Give a bot's ``actions`` package or ``actions.py``; `path` is it or the folder around it."""
    candidates = [path, path / PUBLIC_NAME, path / f"{PUBLIC_NAME}.py"]
    return next((item for item in candidates if _is_actions(item)), None)


def import_actions(path: Path) -> list[ModuleType]:
    """Import the package with all its modules, or the one module.

    Raises:
        ActionFailedError: it cannot be imported; the message names the module and the reason.
    """
    name = f"spandesk_{PUBLIC_NAME}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    with _import_guard:
        _give_public_name(name, path.parent.resolve())
        try:
            return _import_all(name, path)
        except Exception as error:
            raise ActionFailedError(
                f"the actions at {path} cannot be imported: {error!r}; {_remedy(error)}"
            ) from error


def modules_beside(path: Path) -> list[ModuleType]:
    """Give the imported modules that lie in the bot's folder beside its actions."""
    folder = path.parent.resolve()
    return [
        module
        for module in list(sys.modules.values())
        if (file := getattr(module, "__file__", None))
        and folder in Path(file).parents
        and "site-packages" not in file
    ]


def _remedy(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            "relative paths start where the server was started: use Path(__file__), start it in the bot's"
            " folder, or run 'spandesk actions', which goes there"
        )
    return "correct them or install what they need"


def _is_actions(path: Path) -> bool:
    is_package = path.is_dir() and path.name == PUBLIC_NAME
    return is_package or (path.is_file() and path.name == f"{PUBLIC_NAME}.py")


def _import_all(name: str, path: Path) -> list[ModuleType]:
    for loaded in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
        del sys.modules[loaded]
    package = _import_root(name, path)
    return [package, *_import_submodules(package)]


def _import_root(name: str, path: Path) -> ModuleType:
    module = ModuleType(name)
    if path.is_dir() and not (path / "__init__.py").is_file():
        module.__path__ = [str(path)]
        sys.modules[name] = sys.modules[PUBLIC_NAME] = module
        return module
    file = path / "__init__.py" if path.is_dir() else path
    folders = [str(path)] if path.is_dir() else None
    spec = importlib.util.spec_from_file_location(name, file, submodule_search_locations=folders)
    if spec is None or spec.loader is None:
        raise ImportError(f"no loader for {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = sys.modules[PUBLIC_NAME] = module
    spec.loader.exec_module(module)
    return module


def _import_submodules(package: ModuleType) -> Iterator[ModuleType]:
    for item in pkgutil.iter_modules(getattr(package, "__path__", ()), prefix=f"{package.__name__}."):
        module = importlib.import_module(item.name)
        yield module
        if item.ispkg:
            yield from _import_submodules(module)


def _give_public_name(name: str, folder: Path) -> None:
    """Let ``actions`` mean the package `name`, and let the modules of the bot's folder be importable."""
    for key in _public_modules():
        del sys.modules[key]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _AliasFinder)]
    sys.meta_path.insert(0, _AliasFinder(name))
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _public_modules() -> list[str]:
    return [key for key in sys.modules if key == PUBLIC_NAME or key.startswith(f"{PUBLIC_NAME}.")]


class _AliasFinder(importlib.abc.MetaPathFinder):
    """Finds ``actions.x`` as the module ``x`` of the private package, the same object."""

    def __init__(self, private_name: str) -> None:
        self._private_name = private_name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if not fullname.startswith(f"{PUBLIC_NAME}."):
            return None
        private = self._private_name + fullname[len(PUBLIC_NAME) :]
        return importlib.util.spec_from_loader(fullname, _AliasLoader(private))


class _AliasLoader(importlib.abc.Loader):
    """Loads an alias: the module of the private name, left as it is."""

    def __init__(self, private_name: str) -> None:
        self._private_name = private_name
        self._spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        del spec
        module = importlib.import_module(self._private_name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec
