"""Circumstances: where things lie and how many threads may run, from `TRIVET_*`."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once at an edge (CLI, HTTP) and passed down by hand."""

    model_config = SettingsConfigDict(env_prefix="TRIVET_", frozen=True, extra="ignore")

    data: Path | None = Field(None, description="A mirror of named data sets, looked at first.")
    models: Path | None = Field(None, description="A folder of encoders by name, looked at first.")
    home: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("trivet")), description="Registry, keys and stores."
    )
    cache: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("trivet")),
        description="Downloads and exported graphs.",
    )
    registry: str = Field("", description="Address of the registry (any fsspec address); empty: HOME/registry.")
    threads: int = Field(2, ge=1, le=256, description="Threads for training and for offline prediction.")
    offline: bool = Field(default=False, description="Never ask a hub or an origin for anything.")

    @property
    def registry_address(self) -> str:
        """The address of the registry, a folder of the home by default."""
        return self.registry or str(self.home / "registry")
