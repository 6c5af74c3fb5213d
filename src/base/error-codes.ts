// The codes of JSON-RPC errors, under the names that the specifications give them. They are written here alone.

/** JSON-RPC 2.0 section 5.1, and what MCP reserves beside them. */
export const errorCodes = {
  parseError: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internalError: -32_603,
  /** Of no specification: how SDKs say that a session is gone, or that a connection was closed. */
  connectionClosed: -32_000,
  /** Of no specification: how SDKs say that a session is unknown, or that an answer did not come in time. */
  requestTimeout: -32_001,
  /** MCP up to 2025-11-25, resources; later an invalid parameter. */
  resourceNotFound: -32_002,
  /** MCP 2026-07-28, Streamable HTTP. */
  headerMismatch: -32_020,
  /** MCP 2026-07-28, capabilities. */
  missingRequiredClientCapability: -32_021,
  /** MCP 2026-07-28, versioning. */
  unsupportedProtocolVersion: -32_022,
  /** MCP 2025-11-25, elicitation by URL; later a question. */
  urlElicitationRequired: -32_042,
} as const

/** Codes that say something in the stateless era alone: about one request and its envelope. */
const ofEnvelope: ReadonlySet<number> = new Set([
  errorCodes.headerMismatch,
  errorCodes.missingRequiredClientCapability,
  errorCodes.unsupportedProtocolVersion,
])

export const isEnvelopeError = (code: number): boolean => ofEnvelope.has(code)

/** What JSON-RPC reserves for itself and for protocols like MCP (section 5.1). */
export const isReservedCode = (code: number): boolean =>
  Number.isInteger(code) && code >= -32_768 && code <= -32_000
