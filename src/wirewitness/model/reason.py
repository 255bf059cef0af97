"""The closed lists of codes that a result may hold, each with the parameters its sentence is filled from.

The sentences for people stand in `report/texts/{en,fr,zh}.toml`, one per code; a test walks these lists.
Parameters are named here and only here; `Remark.of` refuses others. Their meaning by name: `*_bytes`/`bytes`
bytes, `hours` hours, `*_s` seconds, `count`/`attempts`/`contacts`/`found`/`expected`/`needed` numbers,
`kinds`/`hosts`/`keys`/`facts` lists of spellings, `condition` as `network=wifi`, `from`/`until`/`first`/
`last`/`time` RFC 3339, `share` a fraction of 1, `how` a state of `record::Flow`, `reason` an opaque reason of
the core.
"""

from __future__ import annotations

from enum import Enum
from typing import Self


class Code(Enum):
    """A code with the names of its parameters."""

    def __new__(cls, spelling: str, *_params: str) -> Self:
        """Members are looked up by their spelling."""
        member = object.__new__(cls)
        member._value_ = spelling
        return member

    def __init__(self, _spelling: str, *params: str) -> None:
        self.params = params


class Reason(Code):
    """Why an outcome is what it is, in the order in which the rules were asked."""

    # what was found
    EXPOSURE_SHOWN = "exposure_shown", "count", "kinds", "destination", "first", "last"
    EXPOSURE_CONDITION = "exposure_condition", "count", "condition"
    EXPOSURE_COUNTRY = (
        "exposure_country",
        "address",
        "country",
        "date",
        "network",
        "destination",
        "organisation",
    )
    EXPOSURE_UNCOVERED = "exposure_uncovered", "count"
    CONTACT_SHOWN = "contact_shown", "count", "destination", "first", "last"
    RHYTHM_SHOWN = "rhythm_shown", "destination", "period_s", "low_s", "high_s", "count", "missed"
    RHYTHM_DIFFERS = "rhythm_differs", "destination", "claimed_s", "period_s", "low_s", "high_s"
    ANSWER_SHOWN = "answer_shown", "count", "kinds", "destination", "first", "last"
    STATE_SHOWN = "state_shown", "condition", "time", "by"
    # what was found, but not as the claim says
    OUTSIDE_PERIOD = "outside_period", "count"
    OUTSIDE_CONDITION = "outside_condition", "count", "condition"
    OUTSIDE_COUNTRY = "outside_country", "count"
    ALL_COVERED = "all_covered", "count"
    MASKED_ONLY = "masked_only", "count"
    PART_NOT_FOUND = "part_not_found", "kinds"
    # what randomised trials show
    TRIAL_SHOWN = (
        "trial_shown", "series", "windows", "destination", "lag_s", "p", "shuffles", "e_value",
    )  # fmt: skip
    TRIAL_NOT_SHOWN = "trial_not_shown", "series", "windows", "p"
    TRIAL_UNCONFIRMED = "trial_unconfirmed", "series", "windows", "p", "e_value", "needed"
    TRIAL_EXCLUDES = "trial_excludes", "series", "uploaded_share", "power_share"
    TRIAL_EXCLUDES_NOTHING = "trial_excludes_nothing", "series", "power_share"
    TRIAL_TOO_FEW = "trial_too_few", "series", "windows", "needed", "outside", "uncaptured"
    TRIAL_CHANGED = "trial_changed", "series"
    TRIAL_SEALED = "trial_sealed", "series"
    TRIAL_UNFIT = "trial_unfit", "series"
    # what other, independent runs say
    RUNS_TOGETHER = "runs_together", "runs", "e_value"
    RUN_AGREES = "run_agrees", "audit"
    RUN_DIFFERS = "run_differs", "audit"
    # what was looked for and not found
    NOTHING_FOUND = "nothing_found", "kinds", "hosts", "hours", "up_bytes", "readable_up_bytes"
    NO_RHYTHM = "no_rhythm", "contacts", "hours"
    NO_CONTACT = "no_contact", "hosts", "hours"
    STATE_NOT_SHOWN = "state_not_shown", "condition", "by"
    CONTROL_PASSED = "control_passed", "control", "found", "expected"
    # why nothing can be said
    NO_CAPTURE = "no_capture", "from", "until"
    NO_CAPTURE_UNDER = "no_capture_under", "condition"
    CONDITION_UNKNOWN = "condition_unknown", "keys", "hours"
    EXPOSURE_CONDITION_UNKNOWN = "exposure_condition_unknown", "count", "keys"
    CONSENT_UNKNOWN = "consent_unknown", "count"
    CONSENT_BASIS_UNKNOWN = "consent_basis_unknown"
    COUNTRY_UNKNOWN = "country_unknown", "count", "destination"
    NO_FACTS = "no_facts", "kinds"
    LEADS_ONLY = "leads_only", "count", "kinds", "destination"
    FOREIGN_IMAGES = "foreign_images", "count", "destination"
    UNREAD_BYTES = "unread_bytes", "destination", "bytes", "reason"
    UNREAD_UNNAMED = "unread_unnamed", "address", "bytes", "reason"
    UNEXPLAINED_TOKENS = "unexplained_tokens", "destination", "field", "count"
    REFUSED = "refused", "destination", "attempts", "how"
    REFUSED_BY_APPS = "refused_by_apps", "destination", "apps"
    GAP_BYTES = "gap_bytes", "destination", "bytes"
    HOURS_MISSING = "hours_missing", "hours"
    HOURS_UNPROVEN = "hours_unproven", "hours"
    CAPTURES_UNREAD = "captures_unread", "captures"
    NO_CONTROL = "no_control"
    CONTROL_FAILED = "control_failed", "control", "found", "expected"
    CONTROL_ELSEWHERE = "control_elsewhere", "control", "hosts"
    TOO_FEW_CONTACTS = "too_few_contacts", "contacts", "needed"
    TOO_SHORT = "too_short", "hours", "needed"
    NO_EVENTS = "no_events"
    SOURCE_PARTIAL = "source_partial", "sources"
    CAPTURE_FILTERED = "capture_filtered", "captures"


class Missing(Code):
    """What to supply or to capture so that the claim can be judged: each is an instruction."""

    CAPTURE_UNDER = "capture_under", "condition", "hosts", "hours"
    CAPTURE_PERIOD = "capture_period", "from", "until"
    CAPTURE_LONGER = "capture_longer", "hours"
    SUPPLY_KEYS = "supply_keys", "destination"
    SUPPLY_AUDIT_EXPORT = "supply_audit_export", "destination"
    SUPPLY_EVENTS = "supply_events", "keys"
    SUPPLY_CONSENT = "supply_consent"
    SUPPLY_FACTS = "supply_facts", "kinds"
    SUPPLY_DATABASE = "supply_database"
    ACCEPT_INTERCEPTION = "accept_interception", "destination", "attempts"
    RETRY_CONNECTION = "retry_connection", "destination", "attempts"
    PLANT_CONTROL = "plant_control", "kinds", "hosts"
    REPEAT_CONTROL = "repeat_control", "control", "hosts"
    SUPPLY_CAPTURES = "supply_captures", "captures"
    CAPTURE_WITHOUT_FILTER = "capture_without_filter", "captures"
    KEEP_RECORDER_LOG = "keep_recorder_log", "hours"
    AVOID_LOSS = "avoid_loss", "destination", "bytes"
    DECODE_PROTOCOL = "decode_protocol", "destination", "bytes"
    EXPLAIN_TOKENS = "explain_tokens", "destination", "field"
    FOLLOW_LEADS = "follow_leads", "kinds"
    CAPTURE_PACKETS = "capture_packets", "hosts"
    RUN_TRIALS = "run_trials", "kinds", "hosts"
    OPEN_SEED = "open_seed", "series"
    RESTORE_PLAN = "restore_plan", "series"
    RUN_AGAIN = "run_again", "series"
    RUN_LONGER = "run_longer", "series", "windows"


class Quality(Code):
    """What lowers the quality of a verdict."""

    COVERAGE = "coverage", "share"
    ONE_DEVICE = "one_device"
    NO_EVENTS_LOG = "no_events_log"
    NOT_RANDOMISED = "not_randomised"
    MODIFIED_FIRMWARE = "modified_firmware"
    PACKETS_DROPPED = "packets_dropped", "count"
    KINDS_WITHOUT_CONTROL = "kinds_without_control", "kinds"
    KINDS_WITHOUT_FACTS = "kinds_without_facts", "kinds"
    SHORT_FACTS = "short_facts", "facts"
    BY_SHAPE = "by_shape", "kinds"
    WEAK_DIGEST = "weak_digest", "facts", "digests"
    BY_CHANCE = "by_chance", "facts", "p"
    HOURS_UNPROVEN = "hours_unproven", "hours"
    ATTEMPTS_RETRIED = "attempts_retried", "attempts"
    RECORD_OF_THE_TESTER = "record_of_the_tester"
    CLOCKS_DIFFER = "clocks_differ", "seconds"
    BY_VOLUME = "by_volume"
    ONE_RUN = "one_run"
    WINDOWS_LEFT_OUT = "windows_left_out", "count"
    TRIALS_DEVIATED = "trials_deviated", "count"


class Alternative(Code):
    """The other explanation that the evidence was weighed against."""

    CHANCE = "chance"
    SAME_SHAPE = "same_shape"
    RANDOM_TIMES = "random_times"
    OTHER_APP = "other_app"
    LOG_WRONG = "log_wrong"
    UNRELATED_BYTES = "unrelated_bytes"


class Note(Code):
    """What a reader of the whole result must know."""

    NO_CASE = "no_case"
    NO_OWNER = "no_owner"
    NO_EVENTS = "no_events"
    PHONE_GUESSED = "phone_guessed", "addresses"
    PHONE_UNKNOWN = "phone_unknown"
    OTHER_DEVICES = "other_devices", "count", "bytes"
    COUNTRY_DATABASE_ABSENT = "country_database_absent"
    NETWORK_DATABASE_ABSENT = "network_database_absent"
    FACT_TOO_SHORT = "fact_too_short", "fact"
    FACT_TOO_LARGE = "fact_too_large", "fact"
    FACTS_TOO_MANY = "facts_too_many", "count", "first"
    OWNER_FILE_TOO_LARGE = "owner_file_too_large", "file"
    FACT_COMMON = "fact_common", "fact"
    FACT_MASK = "fact_mask", "fact"
    FACTS_SAME_VALUE = "facts_same_value", "facts"
    PHOTOS_BY_BYTES = "photos_by_bytes", "facts"
    FACT_BY_CONTEXT = "fact_by_context", "fact"
    HITS_WITHOUT_CONTEXT = "hits_without_context", "fact", "count"
    USAGE_EVENTS = "usage_events", "host", "count"
    USAGE_TOTALS = "usage_totals", "host", "count"
    CONTACT_WITHOUT_VALUE = "contact_without_value", "fact"
    AUDIT_EXPORT = "audit_export", "chunks", "consents"
    EVENTS_REPEATED = "events_repeated", "condition", "count"
    EVENTS_DISAGREE = "events_disagree", "time", "keys"
    CAPTURES_OVERLAP = "captures_overlap", "first", "last"
    CAPTURES_APART = "captures_apart", "hours"
    CAPTURE_UNREADABLE = "capture_unreadable", "capture", "why"
    CAPTURE_TWICE = "capture_twice", "capture"
    CAPTURES_JOINED = "captures_joined", "count", "first", "last"
    CAPTURE_PAUSED = "capture_paused", "first", "last", "seconds"
    KEYS_FOUND = "keys_found", "log"
    KEYS_EMPTY = "keys_empty", "log"
    RUN_NOT_INDEPENDENT = "run_not_independent", "audit"
    CLOCK_OFFSET = "clock_offset", "low", "high"
    CLOCKS_DIFFER = "clocks_differ", "low", "high"
    CLOCK_SHIFTED = "clock_shifted", "seconds"
    TRIALS_PLAN = "trials_plan", "sha256", "series"
    TRIALS_CHANGED = "trials_changed", "sha256"
    TRIALS_SEALED = "trials_sealed", "sha256"
    FINDINGS_BY_CHANCE = "findings_by_chance", "kinds", "destination", "count", "expected"
    FINDINGS_CUT = "findings_cut", "count"
    SAME_FLOW_TWICE = "same_flow_twice", "count"
    ONE_VANTAGE_ONLY = "one_vantage_only", "capture", "count", "bytes"
    SOURCE_LACKS = "source_lacks", "capture", "source", "lacks"


LISTS: tuple[type[Code], ...] = (Reason, Missing, Quality, Alternative, Note)
"""Every list, in the order of the texts; their table is named after the class in lower case."""
