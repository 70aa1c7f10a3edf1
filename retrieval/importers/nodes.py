"""Entries of files that are not YAML as the mappings that YAML gives, so that one reader checks them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from nlu.data.yaml_source import SourceError, YamlNode

Found = YamlNode | SourceError
"""An entry that is still to be checked, or a mistake in its place."""


class FileReader(Protocol):
    """Reads one kind of file."""

    def __call__(self, path: Path, name: str) -> Iterator[Found]:
        """Give the entries of the file that is called `name` in errors.

        Raises:
            SourceError: nothing of it can be read.
        """


def entry_node(values: Mapping[str, str | Sequence[str]], file: str, line: int) -> YamlNode:
    """Make a mapping whose fields all stand in one line."""

    def node(value: str | list[YamlNode] | dict[str, YamlNode]) -> YamlNode:
        return YamlNode(value, file, line, line, {})

    mapping = {
        key: node(value) if isinstance(value, str) else node([node(item) for item in value])
        for key, value in values.items()
    }
    return YamlNode(mapping, file, line, line, dict.fromkeys(mapping, line))
