// Every metric of the proxy: its name, its labels and its help text. The names and labels are stable.

interface InstrumentSpec {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Each label takes values from a bounded set: never a value that a client can make up. */
  readonly labels: readonly string[]
}

export const instruments = {
  mcp_proxy_requests_total: {
    type: 'counter',
    help: 'Calls by how they ended',
    labels: ['method', 'backend', 'outcome', 'code'],
  },
  mcp_proxy_request_duration_seconds: {
    type: 'histogram',
    help: 'How long calls took',
    labels: ['method', 'backend'],
  },
  mcp_proxy_tool_calls_total: {
    type: 'counter',
    help: 'Calls of tools by how they ended; tools by the names that their backends give them, of which observability.metrics.max_tools are counted by name and all others as other',
    labels: ['backend', 'tool', 'outcome'],
  },
  mcp_proxy_refusals_total: {
    type: 'counter',
    help: 'Requests refused before they became calls',
    labels: ['code', 'status'],
  },
  mcp_proxy_verifications_total: {
    type: 'counter',
    help: 'Questions of gateways at [verify] by how they were answered',
    labels: ['outcome', 'code'],
  },
  mcp_proxy_audit_lines_lost_total: {
    type: 'counter',
    help: 'Audit lines that could not be written to the audit file',
    labels: [],
  },
  mcp_proxy_client_loops_total: {
    type: 'counter',
    help: 'Clients that were refused again and again for one reason, by that reason',
    labels: ['code'],
  },
  mcp_proxy_decisions_lost_total: {
    type: 'counter',
    help: 'Decisions that could not be written to their file or to Redis',
    labels: [],
  },
  mcp_proxy_decision_store_up: {
    type: 'gauge',
    help: 'Whether Redis took the last decisions; only with observability.decisions.redis',
    labels: [],
  },
  mcp_proxy_policy_would_deny_total: {
    type: 'counter',
    help: 'Calls that a rule with report_only would have refused',
    labels: ['code', 'rule'],
  },
  mcp_proxy_limited_total: {
    type: 'counter',
    help: 'Calls that a rule of limits.rules refused',
    labels: ['rule'],
  },
  mcp_proxy_limit_store_up: {
    type: 'gauge',
    help: 'Whether Redis answered when it was last asked to count; only with limits.redis',
    labels: [],
  },
  mcp_proxy_limit_store_failures_total: {
    type: 'counter',
    help: 'Questions about limits that Redis did not answer in time',
    labels: [],
  },
  mcp_proxy_retries_total: {
    type: 'counter',
    help: 'Calls sent again by how that ended, and those that the budget did not allow',
    labels: ['backend', 'outcome'],
  },
  mcp_proxy_hedges_total: {
    type: 'counter',
    help: 'Calls sent once more while they were slow by how that ended: won, lost (the first attempt answered) or over-budget (not sent)',
    labels: ['backend', 'outcome'],
  },
  mcp_proxy_queued_total: {
    type: 'counter',
    help: 'Calls that had to wait for others at the backend by how that ended: turn, full, late, cancelled or dismissed (the circuit opened)',
    labels: ['backend', 'outcome'],
  },
  mcp_proxy_circuit_state: {
    type: 'gauge',
    help: 'The circuit of a backend with circuit_breaker: 0 closed, 1 half-open, 2 open',
    labels: ['backend'],
  },
  mcp_proxy_circuit_opened_total: {
    type: 'counter',
    help: 'How often the circuit of a backend opened',
    labels: ['backend'],
  },
  mcp_proxy_circuit_refused_total: {
    type: 'counter',
    help: 'Calls refused without being sent because the circuit of the backend was not closed',
    labels: ['backend'],
  },
  mcp_proxy_backend_up: {
    type: 'gauge',
    help: 'Whether the backend is connected',
    labels: ['backend'],
  },
  mcp_proxy_cache_lookups_total: {
    type: 'counter',
    help: 'Calls that could have been answered from the cache: hit, miss, or bypass while Redis does not answer',
    labels: ['backend', 'outcome'],
  },
  mcp_proxy_cache_store_up: {
    type: 'gauge',
    help: 'Whether Redis answered when the cache last asked it; only with cache.backend = "redis"',
    labels: [],
  },
  mcp_proxy_shared_store_up: {
    type: 'gauge',
    help: 'Whether Redis answered when replicas last shared something; only with [shared]',
    labels: [],
  },
  mcp_proxy_coalesced_total: {
    type: 'counter',
    help: 'Calls that were answered by an identical one that was under way',
    labels: ['backend'],
  },
  mcp_proxy_quarantined_tools: {
    type: 'gauge',
    help: 'Tools that are not offered because they are not what was pinned; only with pin_tools',
    labels: ['backend'],
  },
  mcp_proxy_failovers_total: {
    type: 'counter',
    help: 'Calls that failed at a backend and were sent to a backup, by how they ended there',
    labels: ['backend', 'backup', 'outcome'],
  },
  mcp_proxy_canary_calls_total: {
    type: 'counter',
    help: 'Calls of callers that a canary gets instead of the backend',
    labels: ['backend', 'canary'],
  },
  mcp_proxy_mirrored_total: {
    type: 'counter',
    help: 'Copies of calls by how they ended at the mirror; dropped: too many were under way',
    labels: ['backend', 'mirror', 'outcome'],
  },
  mcp_proxy_replica_up: {
    type: 'gauge',
    help: 'Whether the replica is connected; only for backends with replicas, by host and port',
    labels: ['backend', 'replica'],
  },
  mcp_proxy_ejections_total: {
    type: 'counter',
    help: 'How often a replica got no calls for a while because too many in a row failed there',
    labels: ['backend', 'replica'],
  },
  mcp_proxy_upstream_tokens_total: {
    type: 'counter',
    help: 'Requests for tokens that are shown at a backend by how they ended: granted, refused, unreachable, busy, malformed or undiscovered',
    labels: ['backend', 'grant', 'outcome'],
  },
  mcp_proxy_spans_total: {
    type: 'counter',
    help: 'Spans by what became of them: sent, failed (the collector did not take them) or dropped (too many were waiting); only with observability.tracing',
    labels: ['outcome'],
  },
  mcp_proxy_sessions: {
    type: 'gauge',
    help: 'Open sessions',
    labels: [],
  },
  mcp_proxy_config_reloads_total: {
    type: 'counter',
    help: 'Reloads of the configuration by how they ended: applied, unchanged or refused',
    labels: ['outcome'],
  },
  mcp_proxy_config_applied_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration that is served was applied, in seconds since the epoch',
    labels: [],
  },
  mcp_proxy_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'When the certificate of proxy.tls ends, in seconds since the epoch',
    labels: [],
  },
} as const satisfies Record<string, InstrumentSpec>

type Instruments = typeof instruments

export type InstrumentName = keyof Instruments

export type NameOf<Type extends InstrumentSpec['type']> = {
  [Name in InstrumentName]: Instruments[Name]['type'] extends Type ? Name : never
}[InstrumentName]

export type LabelOf<Name extends InstrumentName> = Instruments[Name]['labels'][number]

export type Labels<Label extends string = string> = Readonly<Record<Label, string>>
