"""The ids of all questions, and what the catalogue says of each. Ids are never renamed and never used again."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from integrations.checks.records import Evidence, Severity

LIVE, STATIC = Evidence.LIVE, Evidence.STATIC
ERROR, WARNING = Severity.ERROR, Severity.WARNING


class CheckId(StrEnum):
    """The ids. The letters name the subject, so that `--select COR` takes all questions about CORS."""

    BUCKET_FOUND = "BKT101"
    BUCKET_REGION = "BKT102"
    BUCKET_PRIVATE = "BKT103"
    BUCKET_ENCRYPTED = "BKT104"
    BUCKET_TLS_ONLY = "BKT105"
    OBJECTS_AT_HAND = "BKT106"
    OBJECTS_OWNED = "BKT107"
    WRITTEN_NOT_HELD = "BKT108"
    NETWORK_OPEN = "BKT109"
    OWNER_PAYS = "BKT110"
    CORS_RULES = "COR201"
    CORS_PREFLIGHT = "COR202"
    CORS_SIGNED_GET = "COR203"
    CORS_FOREIGN_REFUSED = "COR204"
    CORS_PARTS = "COR205"
    CORS_EXPOSED = "COR206"
    CORS_KEPT_APART = "COR207"
    ROLE_FOUND = "TRU301"
    TRUST_DOCUMENT = "TRU302"
    ROLE_ASSUMED = "TRU303"
    WRONG_EXTERNAL_ID_REFUSED = "TRU304"
    NO_EXTERNAL_ID_REFUSED = "TRU305"
    STRANGER_REFUSED = "TRU306"
    SIGNATURE_IN_TIME = "TRU307"
    TRUST_NARROW = "TRU308"
    READ_GRANTED = "ACC401"
    WRITE_GRANTED_EXACTLY = "ACC402"
    PROBE_OBJECT_READ = "ACC403"
    WRITE_PROBE = "ACC404"
    SIGNING_GRANTED = "ACC405"
    POLICY_LETS_IN = "ACC406"
    DOCUMENTS_WELL_FORMED = "ACC407"
    GRANTS_NARROW = "ACC408"
    KEY_GRANTED = "ACC409"
    KEY_LETS_IN = "ACC410"
    ACCESS_POINT_READY = "MRP501"
    ACCESS_POINT_READ = "MRP502"
    ACCESS_POINT_ROUTES = "MRP503"
    ACCESS_POINT_POLICY = "MRP504"
    ACCESS_POINT_PRIVATE = "MRP505"
    ACCESS_POINT_REPLICATION = "MRP506"
    ENCORD_CONNECTED = "ENC601"
    ENCORD_KNOWS_INTEGRATION = "ENC602"
    ENCORD_READS_OBJECT = "ENC603"
    ENCORD_WORKSPACE = "ENC604"
    ENCORD_ORIGIN = "ENC605"
    ENCORD_FOLDERS = "ENC606"
    OUTPUTS_AGREE = "DRF701"
    OUTPUTS_HOLD = "DRF702"
    URL_LIFE = "URL801"
    SIGNATURES_LIVE = "URL802"
    CLOCK = "CLK901"
    SUPPRESSION_EXPIRED = "SUP951"
    SUPPRESSION_UNUSED = "SUP952"


class Check(Struct, frozen=True):
    """One question. claim: what a pass says, and no more. how: how it is found out. symptom: what a failure looks like.

    evidence is what a pass rests on when it is asked of a real cloud. runbook: the name of the page in docs/runbooks
    that begins with this symptom, empty if no person would notice one.
    """

    id: CheckId
    title: str
    severity: Severity
    evidence: Evidence
    claim: str
    how: str
    symptom: str
    runbook: str = ""

    @property
    def runbook_page(self) -> str:
        return f"docs/runbooks/{self.runbook}.md" if self.runbook else ""

    @property
    def page(self) -> str:
        return f"docs/checks/{self.id}.md"
