"""Circumstances of a server, from `TRIVET_*`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, ValidationError

from trivet.errors import TrivetError
from trivet.settings import Settings


class SettingsError(TrivetError):
    """A setting that is out of range or of another type."""


class ServiceSettings(Settings):
    """What a server is told by its surroundings; read once by `trivet serve` and passed down."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8800, ge=0, le=65535, description="Port to listen on; 0: a free one.")
    engine_threads: int = Field(
        1, ge=1, le=64, description="Threads of the inference engine; the event loop needs a core too."
    )
    max_body_bytes: int = Field(2_097_152, ge=1024, description="Largest request body; above it: 413.")
    max_batch: int = Field(256, ge=1, le=4096, description="Most texts, articles, items or events in one request.")
    deadline_s: float = Field(
        5.0, gt=0, description="Longest time a single text may take; a longer predicted wait: 429."
    )
    batch_deadline_s: float = Field(60.0, gt=0, description="The same for a request of many texts.")
    queue_tokens: int = Field(65_536, ge=1024, description="Most tokens that may wait for one engine.")
    cache_rows: int = Field(0, ge=0, description="Latest distinct texts whose engine output is kept; 0: none.")
    request_s: float = Field(
        75.0, gt=0, description="Longest time until an answer begins, whatever it waits for; above it: 503."
    )
    receive_s: float = Field(20.0, gt=0, description="Longest time that a head, or a body, may take to arrive: 408.")
    max_in_flight: int = Field(256, ge=1, description="Most requests that are worked on at once; above it: 429.")
    rate: str = Field("", description="Requests that a key may make, such as 20/second; 600/minute; empty: any number.")
    root_path: str = Field(
        "", pattern="^(/[^/?#]+)*$", description="Prefix that a reverse proxy puts the server under, such as /trivet."
    )
    forwarded_allow_ips: str = Field(
        "127.0.0.1", description="Proxies whose X-Forwarded-For and -Proto are believed: addresses, networks, or *."
    )
    watch_s: float = Field(2.0, ge=0, description="Seconds between two looks at the registry; 0: none, but on demand.")
    tenant_models: int = Field(
        100, ge=0, le=100_000, description="Most tenants' own models in memory; 0: no tenant has one."
    )
    tenant_graphs: int = Field(
        0, ge=0, le=10_000, description="Most of them that may bring a graph of their own, as a fully tuned one does."
    )
    drain_notice_s: float = Field(
        0.0, ge=0, description="Seconds that it goes on listening after SIGTERM, while /readyz fails already."
    )
    drain_s: int = Field(20, ge=0, description="Seconds that requests in flight get after SIGTERM.")
    keys_grace_s: float = Field(
        60.0, ge=0, description="Seconds that keys known already go on opening while the database does not answer."
    )
    upload_bytes: int = Field(67_108_864, ge=1024, description="Largest table of a data set that is uploaded.")
    upload_s: float = Field(300.0, gt=0, description="Longest time until an upload is answered.")
    dataset_quota_bytes: int = Field(2_147_483_648, ge=0, description="What a tenant's data sets may take on the disk.")
    jobs_waiting: int = Field(100, ge=0, description="Most jobs of a tenant that may wait; above it: 429.")
    jobs_a_tenant: int = Field(1, ge=1, description="Most jobs of a tenant that run at once.")
    job_timeout_s: float = Field(14_400.0, gt=0, description="Longest time that an attempt at a job may take.")
    job_lease_s: float = Field(30.0, ge=1, description="Seconds without a word after which another worker takes a job.")
    job_attempts: int = Field(3, ge=1, description="Workers that may lose a job before it is given up.")
    max_streams: int = Field(256, ge=1, description="Most event streams that are open at once; above it: 429.")
    max_streams_of_key: int = Field(16, ge=1, description="Most of them that one key may have open.")
    stream_heartbeat_s: float = Field(
        15.0, gt=0, description="Seconds of silence after which a stream says that it lives."
    )
    stream_stall_s: float = Field(30.0, gt=0, description="Seconds after which a reader who takes nothing is cut off.")
    stream_poll_s: float = Field(
        1.0, gt=0, le=60, description="Seconds between two looks at what other processes have written."
    )
    stream_days: float = Field(7.0, gt=0, description="Days that events are kept for readers who come back.")
    knowledge_characters: int = Field(
        8_388_608, ge=1024, description="Most characters of all documents that a tenant's bot answers from."
    )
    webhooks: bool = Field(default=True, description="Whether this process sends to webhooks; another one may.")
    max_webhooks: int = Field(20, ge=0, description="Most webhooks of a tenant.")
    webhook_threads: int = Field(8, ge=1, le=256, description="Most webhooks that are sent to at once.")
    webhook_timeout_s: float = Field(10.0, gt=0, le=120, description="Seconds that a receiver gets to answer.")
    webhook_retry_s: str = Field(
        "5, 30, 120, 900, 3600, 21600", description="Seconds to wait after each failure; after the last it is given up."
    )
    delivery_days: float = Field(30.0, gt=0, description="Days that deliveries are kept, dead ones too.")
    database_url: str = Field("", description="SQLAlchemy URL of the store; empty: SQLite in HOME/store.db.")
    outgoing_allow: str = Field(
        "", description="Hosts and networks that requests may be sent to although they are not public; commas between."
    )
    prediction_log: float = Field(
        1.0, ge=0, le=1, description="Share of requests whose answers are kept: model, label, confidence, decision."
    )
    prediction_texts: bool = Field(
        default=False, description="Whether the texts of kept answers are kept too, redacted."
    )
    prediction_days: int = Field(30, ge=0, description="Days that answers without feedback are kept; 0: for good.")
    feedback_days: int = Field(365, ge=0, description="Days that feedback, and answers with it, are kept; 0: for good.")
    rasa: bool = Field(default=False, description="Whether support also answers at Rasa's own paths, from the root.")
    rasa_history: bool = Field(
        default=False, description="Whether Rasa's message_id, which names the sender, names a dialogue to remember."
    )
    chatwoot_retry_s: str = Field(
        "2, 10, 60", description="Seconds to wait after each failure to tell Chatwoot; after the last it is given up."
    )
    chatwoot_waiting: int = Field(1000, ge=1, description="Most messages of Chatwoot a tenant may have waiting: 429.")
    session_minutes: float = Field(
        1440.0, gt=0, description="Minutes without a message after which a dialogue is over, and forgotten."
    )
    load: str = Field("", description="Data set that recommend fills its catalogue with when it starts.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least level that is logged.")

    @property
    def store_url(self) -> str:
        """The URL of the store, a SQLite file of the home by default."""
        return self.database_url or f"sqlite:///{self.home / 'store.db'}"


def read_settings(**given: Any) -> ServiceSettings:
    """Settings from `TRIVET_*`, with those on top that are given and not None.

    Raises:
        SettingsError: one is out of range or of another type; names it.
    """
    try:
        return ServiceSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        where = f"--{name}" if given.get(name) is not None else f"TRIVET_{name.upper()}"
        raise SettingsError(f"{first['msg']}.", where=where, todo="Mend it, or leave it out.") from error
