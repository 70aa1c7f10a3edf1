"""Where a bot's action server is and what lets us in: a bot folder says it, `app.actions` calls it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ActionEndpoint:
    """The keys of ``action_endpoint`` in ``endpoints.yml``, with Rasa's names and defaults."""

    url: str
    token: str | None = field(default=None, repr=False)  # goes into the address, as `token_name`
    token_name: str = "token"  # noqa: S105  # the name of a parameter
    params: Mapping[str, str] = field(default_factory=dict, repr=False)  # go into the address too
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic_auth: tuple[str, str] | None = field(default=None, repr=False)  # user name, password
    cafile: str | None = None  # certificates to trust beside the usual ones
    enable_selective_domain: bool = False  # the domain goes only to actions that ask for it
